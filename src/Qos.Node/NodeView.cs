using Qos.Protocol;

namespace Qos.Node;

/// <summary>What there is to see of a node at one moment; immutable, so that readers never wait for a change.</summary>
internal sealed record NodeView
{
    internal static readonly NodeView Initial = new();

    internal ProtocolPhase Phase { get; init; } = ProtocolPhase.WaitingForBootInstruction;

    /// <summary>The envelope as published, or null before that.</summary>
    internal ManifestEnvelope? Envelope { get; init; }

    /// <summary>The hash of the envelope's manifest, 32 bytes.</summary>
    internal ReadOnlyMemory<byte> ManifestHash { get; init; }

    /// <summary>The public half of the ephemeral key as published: setup, then live. Null before that.</summary>
    internal ReadOnlyMemory<byte>? EphemeralPublicKey { get; init; }

    /// <summary>Whose shares are in; null unless the node waits for shares, or did.</summary>
    internal ShareStatus? Shares { get; init; }
}
