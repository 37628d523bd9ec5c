using System.Security.Cryptography;

namespace Qos.Simulator;

/// <summary>The certificates that a document carries, and the key of the leaf.</summary>
/// <param name="CaBundle">DER of the authorities, the root first.</param>
/// <param name="Leaf">DER of the enclave's certificate.</param>
/// <param name="LeafKey">The P-384 key that signs documents.</param>
/// <param name="NotBefore">When the leaf becomes valid.</param>
/// <param name="NotAfter">When the leaf ceases to be valid.</param>
internal sealed record SimulatorChain(
    IReadOnlyList<byte[]> CaBundle,
    byte[] Leaf,
    ECDsa LeafKey,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter);
