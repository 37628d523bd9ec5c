using Qos.Keys;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>What the services of one node work on. Everything but <see cref="View"/> is touched under the node's lock only.</summary>
internal sealed class NodeState(NsmConversation nsm, INodeFiles files, IRandomSource random) : IDisposable
{
    private volatile NodeView _view = NodeView.Initial;

    internal NsmConversation Nsm { get; } = nsm;

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
