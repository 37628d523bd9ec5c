using Qos.Protocol;

namespace Qos.Node;

/// <summary>What a provisioned node starts: exactly what the approved manifest says. Format: docs/protocol/messages.md, The pivot.</summary>
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

    /// <summary>
    /// The manifest's bridges. Of a <c>server</c>, the app serves 127.0.0.1 at the port; where the app connects to for a
    /// <c>client</c>, <see cref="ClientRoute"/> says.
    /// </summary>
    public IReadOnlyList<BridgeConfig> Bridges { get; init; } = [];

    /// <summary>The manifest's <c>dns.resolvers</c>: the pivot's name servers; null when the manifest has no <c>dns</c>.</summary>
    public IReadOnlyList<System.Net.IPAddress>? Resolvers { get; init; }

    /// <summary>Whether the pivot has the local service. Format: docs/service.md, On and off.</summary>
    public bool HasLocalService { get; init; }

    /// <summary>What an approved manifest has started.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="path">Where the pivot was published.</param>
    internal static PivotLaunch From(Manifest manifest, string path)
    {
        PivotConfig pivot = manifest.Pivot;
        return new PivotLaunch
        {
            Path = path,
            Sha256 = pivot.Hash,
            Arguments = pivot.Args,
            Environment = [.. pivot.Env],
            RestartAlways = pivot.Restart is RestartPolicy.Always,
            DebugMode = pivot.DebugMode,
            Bridges = pivot.BridgeConfig,
            Resolvers = manifest.Dns?.Resolvers,
            HasLocalService = LocalServiceChoice.IsOn(manifest),
        };
    }
}
