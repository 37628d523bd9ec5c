using Qos.Nsm;

namespace Qos.Verify;

/// <summary>What a verifier trusts and asks for. The default trusts AWS's root, at the present time, and nothing more.</summary>
public sealed record VerificationOptions
{
    /// <summary>The root certificate, DER. Another one than AWS's is named in every result.</summary>
    public ReadOnlyMemory<byte> TrustAnchor { get; init; } = AwsRoot.Der.ToArray();

    /// <summary>When certificates must be valid.</summary>
    public ValidationTime Time { get; init; } = ValidationTime.Now;

    /// <summary>The clock for <see cref="ValidationTime.Now"/>.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Sets of measurements of which a document must match one; none to leave that to the manifest.</summary>
    public IReadOnlyList<PcrProfile> TrustedPcrs { get; init; } = [];

    /// <summary>SHA-256 of binaries of which the pivot must be one; none to leave that open.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> TrustedPivots { get; init; } = [];

    /// <summary>The nonce that was asked for; null when none was, and then there must be none.</summary>
    public ReadOnlyMemory<byte>? Nonce { get; init; }

    /// <summary>
    /// Accepts documents of older nodes, which lack PCR17 and with it the commitment to the live key. A commitment that is there must
    /// hold all the same.
    /// </summary>
    public bool AllowUncommitted { get; init; }

    /// <summary>Remembers intermediate certificates from one verification to the next; null to verify each anew.</summary>
    public IntermediateCache? Cache { get; init; } = new();
}
