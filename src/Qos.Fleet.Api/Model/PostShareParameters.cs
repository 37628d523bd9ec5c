namespace Qos.Fleet.Api;

/// <summary>Parameters of <c>post_tvc_quorum_key_share</c>.</summary>
public sealed record PostShareParameters
{
    /// <summary>The deployment.</summary>
    public required string DeploymentId { get; init; }

    /// <summary>The setup key that the share is encrypted to.</summary>
    public required string EphemeralPublicKeyHex { get; init; }

    /// <summary>The share.</summary>
    public required ShareApprovalBundle ShareApprovalBundle { get; init; }
}
