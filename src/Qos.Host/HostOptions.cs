using System.Net;
using Qos.Transport;

namespace Qos.Host;

/// <summary>What a host process is told on its command line. Specification: host, HTTP API and Bridges.</summary>
internal sealed record HostOptions
{
    /// <summary>The largest body of <c>POST message</c>, in bytes. Specification: host, HTTP API.</summary>
    public const long MaxMessageBytes = 256L * 1024 * 1024;

    /// <summary>Where the enclave is reached.</summary>
    public required EnclaveAddress Enclave { get; init; }

    /// <summary>Where the HTTP API listens.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>The path below which the protocol's routes lie, with its leading slash and without a trailing one.</summary>
    public string BasePath { get; init; } = "/qos";

    /// <summary>How many connections to the enclave's control server may be open at once.</summary>
    public int EnclaveConnections { get; init; } = 16;

    /// <summary>How long the enclave may take to answer one request once it has it whole.</summary>
    public TimeSpan EnclaveTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How often the host asks an enclave that is not yet provisioned whether bridges may start.</summary>
    public TimeSpan BridgePoll { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long connections in flight may go on after a request to stop.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether the host runs its half of the bridges at all.</summary>
    public bool Bridges { get; init; } = true;

    /// <summary>Where a bridge listens instead of where the manifest says, by the manifest's port.</summary>
    public IReadOnlyDictionary<ushort, IPEndPoint> Publish { get; init; } = new Dictionary<ushort, IPEndPoint>();

    /// <summary>Whether log lines are JSON objects rather than text.</summary>
    public bool JsonLog { get; init; }
}
