namespace Qos.Fleet.Api;

/// <summary>What was kept.</summary>
public sealed record PostShareResult
{
    /// <summary>The share.</summary>
    public required string ProvisioningShareId { get; init; }
}
