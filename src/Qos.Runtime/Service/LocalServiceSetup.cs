using Qos.Nsm;

namespace Qos.Runtime;

/// <summary>Where the app's local service is. Format: docs/service.md.</summary>
public sealed record LocalServiceSetup
{
    /// <summary>The socket below the node's folder; in an image that is <c>/run/qos.sock</c>.</summary>
    public const string SocketBelow = "run/qos.sock";

    /// <summary>The node's folder, with manifest and keys.</summary>
    public required string Directory { get; init; }

    /// <summary>Makes documents.</summary>
    public required INsm Nsm { get; init; }
}
