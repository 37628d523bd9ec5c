using Qos.Fleet;
using Qos.Fleet.Api;

namespace Qos.Control;

/// <summary>The model as the API shows it.</summary>
internal static class ApiMapping
{
    public const string HealthPrefix = "TVC_HEALTH_CHECK_TYPE_";

    public static ApiOperator Of(FleetOperator op) => new()
    {
        Id = op.Id,
        Name = op.Name,
        PublicKey = op.PublicKey,
        EncryptPublicKey = op.PublicKey[..(op.PublicKey.Length / 2)],
        SignPublicKey = op.PublicKey[(op.PublicKey.Length / 2)..],
        KeySource = "EXTERNAL_KEY",
        CreatedAt = ApiTimestamp.Of(op.CreatedAt),
        UpdatedAt = ApiTimestamp.Of(op.CreatedAt),
    };

    public static ApiOperatorSet Of(OperatorSet set) => new()
    {
        Id = set.Id,
        Name = set.Name,
        OrganizationId = set.OrganizationId,
        Operators = [.. set.Operators.Select(Of)],
        Threshold = set.Threshold,
        CreatedAt = ApiTimestamp.Of(set.CreatedAt),
        UpdatedAt = ApiTimestamp.Of(set.CreatedAt),
    };

    public static ApiApp Of(FleetApp app, string domain) => new()
    {
        Id = app.Id,
        OrganizationId = app.OrganizationId,
        Name = app.Name,
        QuorumPublicKey = app.QuorumPublicKey,
        ManifestSet = Of(app.ManifestSet),
        ShareSet = Of(app.ShareSet),
        EnableEgress = app.EnableEgress,
        CreatedAt = ApiTimestamp.Of(app.CreatedAt),
        UpdatedAt = ApiTimestamp.Of(app.UpdatedAt),
        LiveDeploymentId = app.LiveDeploymentId,
        PublicDomain = $"app-{app.Id}.{domain}",
        EnableDebugModeDeployments = app.AllowsDebugMode,
    };

    public static ApiDeployment Of(Deployment deployment, FleetApp app, IReadOnlyList<StoredApproval> approvals) => new()
    {
        Id = deployment.Id,
        OrganizationId = deployment.OrganizationId,
        AppId = deployment.AppId,
        ManifestSet = Of(app.ManifestSet),
        ShareSet = Of(app.ShareSet),
        Manifest = new ApiManifest
        {
            Id = deployment.ManifestId,
            Manifest = deployment.ManifestBytes.ToArray(),
            CreatedAt = ApiTimestamp.Of(deployment.CreatedAt),
            UpdatedAt = ApiTimestamp.Of(deployment.CreatedAt),
        },
        ManifestApprovals = [.. approvals.Select(Of)],
        QosVersion = deployment.QosVersion,
        PivotContainer = new ApiContainer
        {
            ContainerUrl = deployment.ImageUrl,
            Path = deployment.PivotPath,
            Args = deployment.PivotArgs,
            HasPullSecret = deployment.EncryptedPullSecret is not null,
            HealthCheckType = HealthPrefix + deployment.Health.Kind.ToString().ToUpperInvariant(),
            HealthCheckPort = deployment.Health.Port,
            PublicIngressPort = deployment.IngressPort,
        },
        CreatedAt = ApiTimestamp.Of(deployment.CreatedAt),
        UpdatedAt = ApiTimestamp.Of(deployment.UpdatedAt),
        Delete = deployment.IsDeleted,
        DebugMode = deployment.DebugMode,
        InstanceSizeCpus = (uint?)deployment.Cpus,
        InstanceSizeRam = (uint?)deployment.RamGib,
    };

    public static ApiBootProof Of(BootProofRecord proof) => new()
    {
        EphemeralPublicKeyHex = proof.EphemeralKey,
        AwsAttestationDocB64 = proof.Document.ToArray(),
        QosManifestB64 = proof.Manifest.ToArray(),
        QosManifestEnvelopeB64 = proof.Envelope.ToArray(),
        DeploymentLabel = proof.DeploymentId,
        EnclaveApp = proof.AppId,
        Owner = proof.OrganizationId,
        CreatedAt = ApiTimestamp.Of(proof.CreatedAt),
        QosManifestVersion = "V2",
    };

    private static ApiManifestApproval Of(StoredApproval approval) => new()
    {
        Id = approval.Id,
        ManifestId = approval.ManifestId,
        Operator = Of(approval.Operator),
        Approval = approval.Signature.ToArray(),
        CreatedAt = ApiTimestamp.Of(approval.CreatedAt),
        UpdatedAt = ApiTimestamp.Of(approval.CreatedAt),
    };
}
