namespace Qos.Fleet.Api;

/// <summary>Parameters of <c>create_tvc_app</c>.</summary>
public sealed record CreateAppParameters
{
    /// <summary>For people.</summary>
    public required string Name { get; init; }

    /// <summary>260 hex digits.</summary>
    public required string QuorumPublicKey { get; init; }

    /// <summary>A set that is there.</summary>
    public string? ManifestSetId { get; init; }

    /// <summary>Or a new one.</summary>
    public OperatorSetParameters? ManifestSetParams { get; init; }

    /// <summary>A set that is there.</summary>
    public string? ShareSetId { get; init; }

    /// <summary>Or a new one.</summary>
    public OperatorSetParameters? ShareSetParams { get; init; }

    /// <summary>Whether its deployments may reach the network.</summary>
    public bool? EnableEgress { get; init; }

    /// <summary>Whether its deployments may run in debug mode, for ever.</summary>
    public bool? EnableDebugModeDeployments { get; init; }
}
