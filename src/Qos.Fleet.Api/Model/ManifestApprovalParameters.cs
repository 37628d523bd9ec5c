namespace Qos.Fleet.Api;

/// <summary>One operator's approval.</summary>
public sealed record ManifestApprovalParameters
{
    /// <summary>Who.</summary>
    public required string OperatorId { get; init; }

    /// <summary>128 hex digits: r and s over the manifest's hash.</summary>
    public required string Signature { get; init; }
}
