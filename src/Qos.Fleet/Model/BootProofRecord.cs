namespace Qos.Fleet;

/// <summary>
/// What is kept for ever about a replica that has its key, each chained to the one before by hash. Specification: proofs, Boot proof.
/// </summary>
public sealed record BootProofRecord
{
    /// <summary>Its number in the chain, from 1; 0 before it is kept.</summary>
    public long Sequence { get; init; }

    /// <summary>The live ephemeral key, hex.</summary>
    public required string EphemeralKey { get; init; }

    /// <summary>The app.</summary>
    public required string AppId { get; init; }

    /// <summary>The deployment.</summary>
    public required string DeploymentId { get; init; }

    /// <summary>The replica.</summary>
    public required string ReplicaId { get; init; }

    /// <summary>The organization.</summary>
    public required string OrganizationId { get; init; }

    /// <summary>The live document.</summary>
    public required ReadOnlyMemory<byte> Document { get; init; }

    /// <summary>The manifest's bytes as they are hashed.</summary>
    public required ReadOnlyMemory<byte> Manifest { get; init; }

    /// <summary>The envelope's bytes.</summary>
    public required ReadOnlyMemory<byte> Envelope { get; init; }

    /// <summary>When it was kept, to the millisecond.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Bytes of its documents.</summary>
    public long Size => (long)Document.Length + Manifest.Length + Envelope.Length;
}
