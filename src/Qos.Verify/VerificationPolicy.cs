using Qos.Nsm;

namespace Qos.Verify;

/// <summary>
/// What a verifier holds and compares a proof with: whose deployment it must be, which measurements it must have, under which root, at which
/// time. Identity and measurements have no default: a policy that leaves one of them out has to say so by name.
/// </summary>
public sealed record VerificationPolicy
{
    /// <summary>Whose deployment the proof must come from; <see cref="DeploymentIdentity.Anyone"/> gives that up.</summary>
    public required DeploymentIdentity Identity { get; init; }

    /// <summary>The image that the enclave must run; <see cref="TrustedMeasurements.Any"/> gives that up.</summary>
    public required TrustedMeasurements Measurements { get; init; }

    /// <summary>What else the manifest must say; nothing by default.</summary>
    public ManifestRequirements Manifest { get; init; } = new();

    /// <summary>The root certificate, DER: AWS's by default. Another one is named in every result.</summary>
    public ReadOnlyMemory<byte> TrustAnchor { get; init; } = AwsRoot.Der.ToArray();

    /// <summary>When certificates must be valid: now by default.</summary>
    public ValidationTime Time { get; init; } = ValidationTime.Now;

    /// <summary>The clock for <see cref="ValidationTime.Now"/>.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The nonce that was asked for; null when none was, and then there must be none.</summary>
    public ReadOnlyMemory<byte>? Nonce { get; init; }

    /// <summary>
    /// Accepts documents of older nodes, which lack PCR17 and with it the commitment to the live key. A commitment that is there must
    /// hold all the same.
    /// </summary>
    public bool AllowUncommitted { get; init; }

    /// <summary>
    /// Accepts enclaves whose operator can read along: one in Nitro's debug mode, whose PCR0 to PCR2 are zero, and a manifest in debug mode.
    /// </summary>
    public bool AllowDebug { get; init; }

    /// <summary>Remembers intermediate certificates from one verification to the next; null to verify each anew.</summary>
    public IntermediateCache? Cache { get; init; } = new();
}
