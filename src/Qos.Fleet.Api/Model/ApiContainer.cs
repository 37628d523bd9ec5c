namespace Qos.Fleet.Api;

/// <summary>What a deployment runs.</summary>
public sealed record ApiContainer
{
    /// <summary>The image.</summary>
    public required string ContainerUrl { get; init; }

    /// <summary>The executable in it.</summary>
    public required string Path { get; init; }

    /// <summary>Its arguments.</summary>
    public required IReadOnlyList<string> Args { get; init; }

    /// <summary>Whether its registry needs credentials.</summary>
    public required bool HasPullSecret { get; init; }

    /// <summary>How it says that it is well.</summary>
    public required string HealthCheckType { get; init; }

    /// <summary>On which port.</summary>
    public required uint HealthCheckPort { get; init; }

    /// <summary>The port for its users.</summary>
    public required uint PublicIngressPort { get; init; }
}
