namespace Qos.Fleet.Api;

/// <summary>What a deployment would be: its manifest, and how its replicas would get the key. Ours.</summary>
public sealed record ApiPlan
{
    /// <summary>The manifest.</summary>
    public required byte[] Manifest { get; init; }

    /// <summary>Its hash.</summary>
    public required string ManifestHash { get; init; }

    /// <summary>The image's digest.</summary>
    public required string ResolvedImageDigest { get; init; }

    /// <summary><c>FORWARDED</c> or <c>SHARES</c>.</summary>
    public required string KeySource { get; init; }

    /// <summary>Why the live deployment would not forward its key.</summary>
    public required IReadOnlyList<string> Obstacles { get; init; }

    /// <summary>What the lint says.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>The live deployment's manifest.</summary>
    public byte[]? LiveManifest { get; init; }
}
