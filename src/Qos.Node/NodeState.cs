using Qos.Keys;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>What the services of one node work on. Everything but <see cref="View"/> is touched by one change at a time only.</summary>
internal sealed class NodeState(NsmClient nsm, INodeFiles files, IRandomSource random) : IDisposable
{
    private volatile NodeView _view = NodeView.Initial;

    internal NsmClient Nsm { get; } = nsm;

    internal INodeFiles Files { get; } = files;

    internal IRandomSource Random { get; } = random;

    /// <summary>The setup key set: shares and forwarded keys are encrypted to it. Null before a boot and after provisioning.</summary>
    internal KeySet? SetupKey { get; set; }

    /// <summary>The live key set, committed to at boot and published at provisioning. Null before the one and after the other.</summary>
    internal KeySet? LiveKey { get; set; }

    internal NodeView View
    {
        get => _view;
        set => _view = value;
    }

    /// <summary>The envelope of a node that was booted.</summary>
    internal ManifestEnvelope Envelope =>
        View.Envelope ?? throw new ProtocolException(ProtocolErrorCode.FailedToGetManifestEnvelope);

    internal void ForgetKeys()
    {
        SetupKey?.Dispose();
        LiveKey?.Dispose();
        SetupKey = LiveKey = null;
    }

    public void Dispose() => ForgetKeys();
}

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

    /// <summary>The members whose shares are in; null unless the node waits for shares, or did.</summary>
    internal ShareStatus? Shares { get; init; }

    /// <summary>The reshare that the node took, in place of a boot; null on every other node.</summary>
    internal ReshareView? Reshare { get; init; }
}
