namespace Qos.Protocol;

/// <summary>The program that runs in the enclave. Format: docs/protocol/manifest.md.</summary>
public sealed record PivotConfig
{
    /// <summary>SHA-256 of the binary, 32 bytes.</summary>
    public required ReadOnlyMemory<byte> Hash { get; init; }

    /// <summary>What happens when it exits.</summary>
    public required RestartPolicy Restart { get; init; }

    /// <summary>The ports that are bridged; empty in V0.</summary>
    public IReadOnlyList<BridgeConfig> BridgeConfig { get; init; } = [];

    /// <summary>Whether the output is shown on the console; false in V0.</summary>
    public bool DebugMode { get; init; }

    /// <summary>The arguments after the program's name.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>The environment, names to values, sorted by name; empty before V2.</summary>
    public IReadOnlyDictionary<string, string> Env { get; init; } = s_emptyEnvironment;

    private static readonly SortedDictionary<string, string> s_emptyEnvironment = new(StringComparer.Ordinal);
}
