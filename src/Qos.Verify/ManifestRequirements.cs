using Qos.Protocol;

namespace Qos.Verify;

/// <summary>What a manifest must say beyond its identity. A member that is null or empty is not looked at.</summary>
public sealed record ManifestRequirements
{
    /// <summary>The namespace's name.</summary>
    public string? Namespace { get; init; }

    /// <summary>The lowest nonce that is accepted: a manifest that was replaced since has a lower one.</summary>
    public uint? MinimumNonce { get; init; }

    /// <summary>SHA-256 of binaries of which the pivot must be one.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Pivots { get; init; } = [];

    /// <summary>The pivot's arguments, all of them in their order.</summary>
    public IReadOnlyList<string>? Arguments { get; init; }

    /// <summary>The pivot's environment, all of it.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>The pivot's bridges, all of them in any order.</summary>
    public IReadOnlyList<BridgeConfig>? Bridges { get; init; }

    /// <summary>The holders of shares: the same threshold and the same keys.</summary>
    public MemberSet? ShareSet { get; init; }
}
