using Qos.Protocol;

namespace Qos.Fleet;

/// <summary>
/// One replica's node, through its host. What it answers is a claim. Calls throw <see cref="NodeUnreachableException"/> when the host does not answer as
/// one, and <see cref="ProtocolException"/> when the node refuses.
/// </summary>
public interface IFleetNode : IDisposable
{
    /// <summary>The phase, shares and pivot.</summary>
    Task<NodeStatus> StatusAsync(CancellationToken cancellationToken);

    /// <summary>Boots it with an approved manifest and the executable.</summary>
    Task<ReadOnlyMemory<byte>> BootAsync(ManifestEnvelope envelope, string pivotPath, bool keyForward, CancellationToken cancellationToken);

    /// <summary>A document of the key that the node uses now, with what it was booted with.</summary>
    Task<(ReadOnlyMemory<byte> Document, ManifestEnvelope? Envelope)> AttestationAsync(CancellationToken cancellationToken);

    /// <summary>Posts a member's share.</summary>
    Task ProvisionAsync(ReadOnlyMemory<byte> share, Approval approval, CancellationToken cancellationToken);

    /// <summary>Asks for the quorum key, encrypted to another node.</summary>
    Task<ProtocolMessage.ExportKeyResponse> ExportKeyAsync(ManifestEnvelope envelope, ReadOnlyMemory<byte> document, CancellationToken cancellationToken);

    /// <summary>Gives the quorum key that was exported for this node.</summary>
    Task InjectKeyAsync(ProtocolMessage.ExportKeyResponse key, CancellationToken cancellationToken);
}
