using Qos.Protocol;

namespace Qos.Fleet;

/// <summary>A member's share, encrypted to one replica's setup key: the service carries it and cannot open it.</summary>
public sealed record ProvisioningShare
{
    /// <summary>A UUID.</summary>
    public required string Id { get; init; }

    /// <summary>The deployment.</summary>
    public required string DeploymentId { get; init; }

    /// <summary>Whose share it is.</summary>
    public required FleetOperator Operator { get; init; }

    /// <summary>The setup key that it is encrypted to, hex: the one replica that can take it.</summary>
    public required string SetupKey { get; init; }

    /// <summary>The share's envelope.</summary>
    public required ReadOnlyMemory<byte> EncryptedShare { get; init; }

    /// <summary>The member's approval that comes with it, 64 bytes.</summary>
    public required ReadOnlyMemory<byte> Signature { get; init; }

    /// <summary>Whether the replica has it.</summary>
    public required ShareState State { get; init; }

    /// <summary>Why the replica refused it; null when it did not.</summary>
    public string? Message { get; init; }

    /// <summary>When it came.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>As the node takes it.</summary>
    public Approval ToApproval() => new(Signature, Operator.ToMember());
}
