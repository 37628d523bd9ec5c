using Qos.Protocol;

namespace Qos.Fleet;

/// <summary>One executable out of one image, run N times under one manifest.</summary>
public sealed record Deployment
{
    private Manifest? _manifest;
    private byte[]? _hash;

    /// <summary>A UUID.</summary>
    public required string Id { get; init; }

    /// <summary>The app that it belongs to.</summary>
    public required string AppId { get; init; }

    /// <summary>The organization that it belongs to.</summary>
    public required string OrganizationId { get; init; }

    /// <summary>The manifest's UUID.</summary>
    public required string ManifestId { get; init; }

    /// <summary>The manifest as it is stored and hashed: canonical JSON.</summary>
    public required ReadOnlyMemory<byte> ManifestBytes { get; init; }

    /// <summary>The enclave image that it boots, by the name that the service knows it under.</summary>
    public required string QosVersion { get; init; }

    /// <summary>The container image as it was asked for.</summary>
    public required string ImageUrl { get; init; }

    /// <summary>The digest that the image had when the deployment was made; nothing else is ever pulled for it.</summary>
    public required string ImageDigest { get; init; }

    /// <summary>The executable's path in the image.</summary>
    public required string PivotPath { get; init; }

    /// <summary>The executable's arguments.</summary>
    public required IReadOnlyList<string> PivotArgs { get; init; }

    /// <summary>How it says that it is well.</summary>
    public required HealthCheck Health { get; init; }

    /// <summary>The app's port for its users, as the manifest has it.</summary>
    public required ushort IngressPort { get; init; }

    /// <summary>What its users speak.</summary>
    public IngressKind Ingress { get; init; }

    /// <summary>The pull secret, encrypted to the service's key; null for a public image.</summary>
    public string? EncryptedPullSecret { get; init; }

    /// <summary>Whether the app's output can be read.</summary>
    public bool DebugMode { get; init; }

    /// <summary>How many replicas are wanted.</summary>
    public required int Replicas { get; init; }

    /// <summary>CPUs of each replica's enclave; null for the runner's default.</summary>
    public int? Cpus { get; init; }

    /// <summary>Memory of each replica's enclave in GiB; null for the runner's default.</summary>
    public int? RamGib { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Whether it is to be gone. It can be restored until <see cref="IsPurged"/>.</summary>
    public bool IsDeleted { get; init; }

    /// <summary>Whether its resources are gone for good.</summary>
    public bool IsPurged { get; init; }

    /// <summary>The manifest.</summary>
    public Manifest Manifest => _manifest ??= ManifestFormat.Read(ManifestBytes.Span);

    /// <summary>The manifest's hash, 32 bytes.</summary>
    public ReadOnlyMemory<byte> ManifestHash => _hash ??= Manifest.Hash();

    /// <summary>The server ports of the manifest, which a runner publishes.</summary>
    public IReadOnlyList<ushort> Ports => [.. Manifest.Pivot.BridgeConfig.OfType<BridgeConfig.Server>().Select(static bridge => bridge.Port)];
}
