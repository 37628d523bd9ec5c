namespace Qos.Fleet;

/// <summary>
/// One enclave of a deployment, from the decision to start it until it is gone. A replacement is another replica in the same slot. What it says of
/// itself is believed only where a document was verified: <see cref="SetupKey"/> and <see cref="EphemeralKey"/> come from such documents.
/// </summary>
public sealed record Replica
{
    /// <summary>A UUID, which the runner knows it by.</summary>
    public required string Id { get; init; }

    /// <summary>The deployment.</summary>
    public required string DeploymentId { get; init; }

    /// <summary>The app.</summary>
    public required string AppId { get; init; }

    /// <summary>Its place among the deployment's replicas, from 0.</summary>
    public required int Slot { get; init; }

    /// <summary>How many replicas of this slot failed one after the other before this one.</summary>
    public int Attempt { get; init; }

    /// <summary>How it gets its key.</summary>
    public required BootMode Mode { get; init; }

    /// <summary>Where it stands.</summary>
    public required ReplicaState State { get; init; }

    /// <summary>The base URL of its host; null until the runner says.</summary>
    public string? HostUrl { get; init; }

    /// <summary>Where its app's ingress port is reached, <c>IP:PORT</c>; null until the runner says.</summary>
    public string? IngressAddress { get; init; }

    /// <summary>Its attestation document of the setup key, verified; null before that and after it has its key.</summary>
    public ReadOnlyMemory<byte>? SetupDocument { get; init; }

    /// <summary>The setup key of that document, hex.</summary>
    public string? SetupKey { get; init; }

    /// <summary>Its live ephemeral key, hex, from a verified live document; null until it has its quorum key.</summary>
    public string? EphemeralKey { get; init; }

    /// <summary>What keeps it from going on, for people; null when nothing does.</summary>
    public string? Message { get; init; }

    /// <summary>Nothing is tried before this time; null for at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>When the decision to start it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When it first was ready; null while it never was.</summary>
    public DateTimeOffset? ReadyAt { get; init; }

    /// <summary>Grows with every change: a change that was made to an older version is refused by the store.</summary>
    public long Version { get; init; }

    /// <summary>Whether it has the quorum key, by a verified document.</summary>
    public bool IsProvisioned => EphemeralKey is not null && State is ReplicaState.Provisioned or ReplicaState.Ready or ReplicaState.Draining;
}
