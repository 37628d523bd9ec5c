namespace Qos.Fleet.Storage;

// Rows as the database has them: Dapper sets these by the columns' names.
#nullable disable
internal sealed class OperatorRow
{
    public string Id { get; set; }

    public string OrganizationId { get; set; }

    public string Name { get; set; }

    public string PublicKey { get; set; }

    public long CreatedAt { get; set; }

    public FleetOperator ToModel() => new(Id, OrganizationId, Name, PublicKey, DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt));
}

internal sealed class SetMemberRow
{
    public string SetId { get; set; }

    public string SetName { get; set; }

    public string OrganizationId { get; set; }

    public long Threshold { get; set; }

    public long SetCreatedAt { get; set; }

    public string Id { get; set; }

    public string Name { get; set; }

    public string PublicKey { get; set; }

    public long CreatedAt { get; set; }
}

internal sealed class AppRow
{
    public string Id { get; set; }

    public string OrganizationId { get; set; }

    public string Name { get; set; }

    public string QuorumPublicKey { get; set; }

    public string ManifestSetId { get; set; }

    public string ShareSetId { get; set; }

    public long EnableEgress { get; set; }

    public long AllowsDebugMode { get; set; }

    public string LiveDeploymentId { get; set; }

    public long CreatedAt { get; set; }

    public long UpdatedAt { get; set; }

    public long IsDeleted { get; set; }
}

internal sealed class DeploymentRow
{
    public string Id { get; set; }

    public string OrganizationId { get; set; }

    public string AppId { get; set; }

    public string ManifestId { get; set; }

    // Bytes that are also written are objects: Dapper takes an array for a list of values.
    public object Manifest { get; set; }

    public string QosVersion { get; set; }

    public string ImageUrl { get; set; }

    public string ImageDigest { get; set; }

    public string PivotPath { get; set; }

    public string PivotArgs { get; set; }

    public string HealthKind { get; set; }

    public long HealthPort { get; set; }

    public long IngressPort { get; set; }

    public string IngressKind { get; set; }

    public string EncryptedPullSecret { get; set; }

    public long DebugMode { get; set; }

    public long Replicas { get; set; }

    public long? Cpus { get; set; }

    public long? RamGib { get; set; }

    public long CreatedAt { get; set; }

    public long UpdatedAt { get; set; }

    public long IsDeleted { get; set; }

    public long IsPurged { get; set; }

    public long Nonce { get; set; }

    public Deployment ToModel() => new()
    {
        Id = Id,
        OrganizationId = OrganizationId,
        AppId = AppId,
        ManifestId = ManifestId,
        ManifestBytes = (byte[])Manifest,
        QosVersion = QosVersion,
        ImageUrl = ImageUrl,
        ImageDigest = ImageDigest,
        PivotPath = PivotPath,
        PivotArgs = System.Text.Json.JsonSerializer.Deserialize(PivotArgs, StorageJson.Default.IReadOnlyListString),
        Health = new HealthCheck(Enum.Parse<HealthCheckKind>(HealthKind), (ushort)HealthPort),
        IngressPort = (ushort)IngressPort,
        Ingress = Enum.Parse<IngressKind>(IngressKind),
        EncryptedPullSecret = EncryptedPullSecret,
        DebugMode = DebugMode != 0,
        Replicas = (int)Replicas,
        Cpus = (int?)Cpus,
        RamGib = (int?)RamGib,
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt),
        UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(UpdatedAt),
        IsDeleted = IsDeleted != 0,
        IsPurged = IsPurged != 0,
    };
}

internal sealed class NonceRow
{
    public string Id { get; set; }

    public long? Nonce { get; set; }

    public long IsDeleted { get; set; }

    // Only where it is asked for: of a row without a nonce, or for its executable.
    public byte[] Manifest { get; set; }

    public DeploymentNonce ToModel() => new((uint?)Nonce ?? ReadNonce(), IsDeleted != 0);

    public uint ReadNonce() => Protocol.ManifestFormat.Read(Manifest).Namespace.Nonce;
}

internal sealed class ApprovalRow
{
    public string ApprovalId { get; set; }

    public string ManifestId { get; set; }

    public byte[] Signature { get; set; }

    public long ApprovedAt { get; set; }

    public string Id { get; set; }

    public string OrganizationId { get; set; }

    public string Name { get; set; }

    public string PublicKey { get; set; }

    public long CreatedAt { get; set; }

    public StoredApproval ToModel() => new(
        ApprovalId,
        ManifestId,
        new FleetOperator(Id, OrganizationId, Name, PublicKey, DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt)),
        Signature,
        DateTimeOffset.FromUnixTimeMilliseconds(ApprovedAt));
}

internal sealed class ShareRow
{
    public string ShareId { get; set; }

    public string DeploymentId { get; set; }

    public string SetupKey { get; set; }

    public byte[] EncryptedShare { get; set; }

    public byte[] Signature { get; set; }

    public string State { get; set; }

    public string Message { get; set; }

    public long PostedAt { get; set; }

    public string Id { get; set; }

    public string OrganizationId { get; set; }

    public string Name { get; set; }

    public string PublicKey { get; set; }

    public long CreatedAt { get; set; }

    public ProvisioningShare ToModel() => new()
    {
        Id = ShareId,
        DeploymentId = DeploymentId,
        Operator = new FleetOperator(Id, OrganizationId, Name, PublicKey, DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt)),
        SetupKey = SetupKey,
        EncryptedShare = EncryptedShare,
        Signature = Signature,
        State = Enum.Parse<ShareState>(State),
        Message = Message,
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(PostedAt),
    };
}

internal sealed class ReplicaRow
{
    public string Id { get; set; }

    public string DeploymentId { get; set; }

    public string AppId { get; set; }

    public long Slot { get; set; }

    public long Attempt { get; set; }

    public string Mode { get; set; }

    public string State { get; set; }

    public string HostUrl { get; set; }

    public string IngressAddress { get; set; }

    public object SetupDocument { get; set; }

    public string SetupKey { get; set; }

    public string EphemeralKey { get; set; }

    public string Message { get; set; }

    public long? NotBefore { get; set; }

    public long CreatedAt { get; set; }

    public long UpdatedAt { get; set; }

    public long? ReadyAt { get; set; }

    public long Version { get; set; }

    public static ReplicaRow Of(Replica replica) => new()
    {
        Id = replica.Id,
        DeploymentId = replica.DeploymentId,
        AppId = replica.AppId,
        Slot = replica.Slot,
        Attempt = replica.Attempt,
        Mode = replica.Mode.ToString(),
        State = replica.State.ToString(),
        HostUrl = replica.HostUrl,
        IngressAddress = replica.IngressAddress,
        SetupDocument = replica.SetupDocument?.ToArray(),
        SetupKey = replica.SetupKey,
        EphemeralKey = replica.EphemeralKey,
        Message = replica.Message,
        NotBefore = replica.NotBefore?.ToUnixTimeMilliseconds(),
        CreatedAt = replica.CreatedAt.ToUnixTimeMilliseconds(),
        UpdatedAt = replica.UpdatedAt.ToUnixTimeMilliseconds(),
        ReadyAt = replica.ReadyAt?.ToUnixTimeMilliseconds(),
        Version = replica.Version,
    };

    public Replica ToModel() => new()
    {
        Id = Id,
        DeploymentId = DeploymentId,
        AppId = AppId,
        Slot = (int)Slot,
        Attempt = (int)Attempt,
        Mode = Enum.Parse<BootMode>(Mode),
        State = Enum.Parse<ReplicaState>(State),
        HostUrl = HostUrl,
        IngressAddress = IngressAddress,
        // Not "null : …": null also converts to an empty memory.
        SetupDocument = SetupDocument is null ? default(ReadOnlyMemory<byte>?) : (byte[])SetupDocument,
        SetupKey = SetupKey,
        EphemeralKey = EphemeralKey,
        Message = Message,
        NotBefore = NotBefore is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null,
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt),
        UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(UpdatedAt),
        ReadyAt = ReadyAt is { } ready ? DateTimeOffset.FromUnixTimeMilliseconds(ready) : null,
        Version = Version,
    };
}

internal sealed class SlotRow
{
    public string DeploymentId { get; set; }

    public long Slot { get; set; }

    public long Failures { get; set; }

    public long EndedAt { get; set; }
}
