namespace Qos.Registry;

/// <summary>What a registry may cost before it is refused. Every number is checked while the bytes arrive.</summary>
public sealed record RegistryLimits
{
    /// <summary>Bytes of a manifest or index.</summary>
    public int ManifestBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes of an answer of a token service.</summary>
    public int TokenBytes { get; init; } = 64 * 1024;

    /// <summary>Layers of one image.</summary>
    public int Layers { get; init; } = 256;

    /// <summary>Bytes of one layer as it is transferred.</summary>
    public long LayerBytes { get; init; } = 10L << 30;

    /// <summary>Bytes of one layer once it is decompressed.</summary>
    public long UnpackedLayerBytes { get; init; } = 32L << 30;

    /// <summary>Entries of one layer.</summary>
    public int Entries { get; init; } = 4_000_000;

    /// <summary>Bytes of the one file that is wanted.</summary>
    public long FileBytes { get; init; } = 192L << 20;

    /// <summary>How many links are followed until a file is found.</summary>
    public int Links { get; init; } = 16;

    /// <summary>Redirections of one request.</summary>
    public int Redirects { get; init; } = 5;

    /// <summary>How long a connection, an answer's head or one read of a body may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long everything together may take.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMinutes(15);
}
