using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Verify;

/// <summary>
/// What a valid result proves, and for whom. Only a valid result has it, so that nothing is read from a proof that was refused.
/// </summary>
public sealed record ProvenFacts
{
    /// <summary>The attestation document; null for an app proof alone.</summary>
    public AttestationDocument? Document { get; init; }

    /// <summary>The manifest that the enclave runs under; null where none was compared.</summary>
    public Manifest? Manifest { get; init; }

    /// <summary>The members of the manifest set that approved; empty where no envelope was there.</summary>
    public IReadOnlyList<QuorumMember> Approvers { get; init; } = [];

    /// <summary>The live or setup ephemeral key, or an app proof's own key; null for a document without one.</summary>
    public ReadOnlyMemory<byte>? EphemeralKey { get; init; }

    /// <summary>The text that the app signed; null where there was no app proof.</summary>
    public string? Payload { get; init; }
}
