namespace Qos.Node;

/// <summary>What a provisioned node starts: exactly what the approved manifest says. Specification: protocol, The pivot.</summary>
public sealed record PivotLaunch
{
    /// <summary>Where the pivot was published.</summary>
    public required string Path { get; init; }

    /// <summary>The manifest's <c>pivot.hash</c>: SHA-256 over the pivot, 32 bytes.</summary>
    public required ReadOnlyMemory<byte> Sha256 { get; init; }

    /// <summary>The manifest's <c>pivot.args</c>, which follow the program's own name.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The manifest's <c>pivot.env</c>: the pivot's whole environment.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>Whether the restart policy is <c>Always</c>; otherwise the enclave ends when the pivot does.</summary>
    public bool RestartAlways { get; init; }

    /// <summary>The manifest's <c>debugMode</c>: only then is the pivot's output shown on the console.</summary>
    public bool DebugMode { get; init; }

    /// <summary>Ports of the <c>server</c> bridges: reached from outside, served by the app on 127.0.0.1 of the same number.</summary>
    public IReadOnlyList<ushort> ServerPorts { get; init; } = [];

    /// <summary>Ports of the <c>client</c> bridges: the app connects to 127.0.0.1 and comes out at the host.</summary>
    public IReadOnlyList<ushort> ClientPorts { get; init; } = [];

    /// <summary>The manifest's <c>dns.resolvers</c>: the pivot's name servers; null when the manifest has no <c>dns</c>.</summary>
    public IReadOnlyList<System.Net.IPAddress>? Resolvers { get; init; }
}
