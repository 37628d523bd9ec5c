using System.Net;
using Qos.Transport;

namespace Qos.Host;

/// <summary>What a host process is told by its command line and its environment. Format: docs/protocol/host.md, HTTP API and Bridges.</summary>
internal sealed record HostSettings
{
    /// <summary>The largest body of <c>POST message</c>, in bytes: as long as a message may be.</summary>
    public const long MaxMessageBytes = FrameLimits.ProtocolMaxLength;

    /// <summary>Where the enclave is reached.</summary>
    public required EnclaveAddress Enclave { get; init; }

    /// <summary>Where the HTTP API listens; several for <c>localhost</c>.</summary>
    public required IReadOnlyList<IPEndPoint> Listen { get; init; }

    /// <summary>Where health and metrics are told instead of there; empty for the same place.</summary>
    public IReadOnlyList<IPEndPoint> HealthListen { get; init; } = [];

    /// <summary>The path below which the protocol's routes lie, with its leading slash and without a trailing one.</summary>
    public string BasePath { get; init; } = "/qos";

    /// <summary>How many messages of clients may be at the enclave's control server at once.</summary>
    public int EnclaveConnections { get; init; } = 16;

    /// <summary>Whether the enclave is taken for one that serves one connection after the other. It is noticed otherwise.</summary>
    public bool SingleConnection { get; init; }

    /// <summary>How long the enclave may take to answer a message, once the message is here whole.</summary>
    public TimeSpan EnclaveTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often the host asks an enclave that is not yet provisioned whether bridges may start.</summary>
    public TimeSpan BridgePoll { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long connections in flight may go on after a request to stop.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether the host runs its half of the bridges at all.</summary>
    public bool Bridges { get; init; } = true;

    /// <summary>Where a bridge listens instead of where the manifest says, by the manifest's port.</summary>
    public IReadOnlyDictionary<ushort, IPEndPoint> Publish { get; init; } = new Dictionary<ushort, IPEndPoint>();

    /// <summary>How the app is asked whether it is well; null for not at all.</summary>
    public AppCheckTarget? AppCheck { get; init; }

    /// <summary>How often the app is asked.</summary>
    public TimeSpan AppCheckInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The most bytes of message bodies that are held at a time, over all requests.</summary>
    public long SpoolBytes { get; init; } = 1024L * 1024 * 1024;

    /// <summary>Where bodies are kept that do not fit into memory.</summary>
    public string SpoolFolder { get; init; } = Path.GetTempPath();

    /// <summary>Whether log lines are JSON objects rather than text.</summary>
    public bool JsonLog { get; init; }
}
