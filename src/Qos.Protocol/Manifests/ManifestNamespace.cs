namespace Qos.Protocol;

/// <summary>The deployment that a manifest belongs to. Format: docs/protocol/manifest.md.</summary>
/// <param name="Name">The namespace's name, free text.</param>
/// <param name="Nonce">Grows with every manifest of the namespace; a lower one is never forwarded a key.</param>
/// <param name="QuorumKey">The quorum public key, 130 bytes when valid.</param>
public sealed record ManifestNamespace(string Name, uint Nonce, ReadOnlyMemory<byte> QuorumKey);
