namespace Qos.Fleet.Api;

/// <summary>A share and the approval that comes with it.</summary>
public sealed record ShareApprovalBundle
{
    /// <summary>Whose share it is.</summary>
    public required string OperatorId { get; init; }

    /// <summary>The share, encrypted to the replica's setup key.</summary>
    public required string ReEncryptedShareHex { get; init; }

    /// <summary>128 hex digits: r and s over the manifest's hash.</summary>
    public required string Signature { get; init; }
}
