using System.Globalization;
using Qos.Client;
using Qos.Fleet;
using Qos.Fleet.Api;
using Qos.Fleet.Storage;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Registry;

namespace Qos.Control;

/// <summary>Makes deployments out of what was asked for: image resolved, executable taken out and compared, manifest made and linted.</summary>
internal sealed class DeploymentMaker(FleetDatabase database, PivotStore pivots, FleetTrust trust, IRunner runner, TimeProvider time)
{
    private const uint MaxReplicas = 100;
    private const uint DefaultReplicas = 3;
    private const int MaxDeployments = 1000;

    // As in the schema of an EnclaveDeployment.
    private const int MaxCpus = 512;
    private const int MaxRamGib = 4096;

    /// <summary>What a deployment would be, without making it.</summary>
    public async Task<ApiPlan> PlanAsync(string organizationId, CreateDeploymentParameters asked, CancellationToken cancellationToken)
    {
        (Deployment deployment, FleetApp app, IReadOnlyList<LintFinding> findings, _) = await MakeAsync(organizationId, asked, Guid.Empty.ToString(), cancellationToken).ConfigureAwait(false);
        AppSnapshot? snapshot = (await database.LoadAsync(app.Id, cancellationToken).ConfigureAwait(false)) is [var only] ? only : null;
        Deployment? live = snapshot?.Deployments.FirstOrDefault(d => d.Deployment.Id == app.LiveDeploymentId)?.Deployment;
        bool hasDonor = runner.CanForward && snapshot is not null && Forwarding.Donors(snapshot, deployment).Count > 0;
        return new ApiPlan
        {
            Manifest = deployment.ManifestBytes.ToArray(),
            ManifestHash = Convert.ToHexStringLower(deployment.ManifestHash.Span),
            ResolvedImageDigest = deployment.ImageDigest,
            KeySource = hasDonor ? "FORWARDED" : "SHARES",
            Obstacles = live is null ? [] : [.. Forwarding.Obstacles(live.Manifest, deployment.Manifest).Select(static error => error.ToString()!)],
            Warnings = [.. findings.Select(static finding => finding.ToString())],
            LiveManifest = live?.ManifestBytes.ToArray(),
        };
    }

    /// <summary>Makes a deployment; nothing is kept but the executable.</summary>
    /// <param name="organizationId">The caller's.</param>
    /// <param name="asked">What was asked for.</param>
    /// <param name="activityId">What its ids are made from.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The deployment, its app, what the lint says, and how many deployments of the app its nonce was chosen by.</returns>
    /// <exception cref="ApiException">It is refused.</exception>
    public async Task<(Deployment Deployment, FleetApp App, IReadOnlyList<LintFinding> Findings, int Others)> MakeAsync(
        string organizationId, CreateDeploymentParameters asked, string activityId, CancellationToken cancellationToken)
    {
        FleetApp app = await database.AppAsync(organizationId, asked.AppId, cancellationToken).ConfigureAwait(false)
            ?? throw new ApiException(ApiCode.NotFound, $"there is no app {VisibleText.Escape(asked.AppId)}");
        if (asked.DebugMode == true && !app.AllowsDebugMode)
            throw new ApiException(ApiCode.FailedPrecondition, "this app was made without debug mode: its quorum key is never given to a deployment whose output can be read. Make another app, with a key of its own");
        EnclaveImage image = trust.Find(asked.QosVersion)
            ?? throw new ApiException(ApiCode.InvalidArgument, $"qosVersion {VisibleText.Escape(asked.QosVersion)} is not known here: there is {string.Join(", ", trust.Images.Select(static image => image.Version))}");
        ushort ingress = Port(asked.PublicIngressPort, "publicIngressPort"), health = Port(asked.HealthCheckPort, "healthCheckPort");
        byte[] digest = Digest(asked.ExpectedPivotDigest);
        uint replicas = asked.Replicas ?? DefaultReplicas;
        if (replicas is 0 or > MaxReplicas)
            throw new ApiException(ApiCode.InvalidArgument, $"replicas is a number from 1 to {MaxReplicas}");
        int? cpus = Size(asked.InstanceSizeCpus, MaxCpus, "instanceSizeCpus"), ramGib = Size(asked.InstanceSizeRam, MaxRamGib, "instanceSizeRam");
        HealthCheckKind healthKind = HealthKind(asked.HealthCheckType);
        IngressKind ingressKind = Ingress(asked.IngressType);
        string? pullSecret = string.IsNullOrEmpty(asked.PivotContainerEncryptedPullSecret) ? null : asked.PivotContainerEncryptedPullSecret;
        string imageDigest = await TakeAsync(asked, digest, pullSecret, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<DeploymentNonce> before = await database.NoncesAsync(app.Id, cancellationToken).ConfigureAwait(false);
        if (before.Count(static d => !d.IsDeleted) >= MaxDeployments)
            throw new ApiException(ApiCode.ResourceExhausted, $"the app has {MaxDeployments} deployments: delete some");
        Manifest manifest = MakeManifest(app, image, asked, digest, ingress, health, Nonce(asked, before));
        IReadOnlyList<LintFinding> findings = ManifestLint.Check(manifest, before.Count == 0 ? null : before.Max(static d => d.Nonce));
        if (findings.FirstOrDefault(static finding => finding.Severity == LintSeverity.Refused) is { } refused)
            throw new ApiException(ApiCode.InvalidArgument, $"the manifest would be refused: {refused}");
        DateTimeOffset now = time.GetUtcNow();
        var deployment = new Deployment
        {
            Id = ActivityIds.Of(activityId, "deployment"),
            ManifestId = ActivityIds.Of(activityId, "manifest"),
            OrganizationId = organizationId,
            AppId = app.Id,
            ManifestBytes = ManifestFormat.Write(manifest),
            QosVersion = image.Version,
            ImageUrl = asked.PivotContainerImageUrl,
            ImageDigest = imageDigest,
            PivotPath = asked.PivotPath,
            PivotArgs = asked.PivotArgs ?? [],
            Health = new HealthCheck(healthKind, health),
            IngressPort = ingress,
            Ingress = ingressKind,
            EncryptedPullSecret = pullSecret,
            DebugMode = asked.DebugMode == true,
            Replicas = (int)replicas,
            Cpus = cpus,
            RamGib = ramGib,
            CreatedAt = now,
            UpdatedAt = now,
        };
        return (deployment, app, findings, before.Count);
    }

    /// <summary>A registry's failure as the API tells it.</summary>
    public static ApiException Refused(RegistryException failure) => new(
        failure.Error switch
        {
            RegistryError.NotFound => ApiCode.NotFound,
            RegistryError.Unavailable => ApiCode.Unavailable,
            RegistryError.Unauthorized => ApiCode.FailedPrecondition,
            _ => ApiCode.InvalidArgument,
        },
        failure.Message,
        failure);

    private async Task<string> TakeAsync(CreateDeploymentParameters asked, byte[] digest, string? pullSecret, CancellationToken cancellationToken)
    {
        try
        {
            ResolvedImage resolved = await pivots.ResolveAsync(ImageReference.Parse(asked.PivotContainerImageUrl), pullSecret, cancellationToken).ConfigureAwait(false);
            await pivots.TakeAsync(resolved, asked.PivotPath, digest, pullSecret, cancellationToken).ConfigureAwait(false);
            return resolved.Digest;
        }
        catch (RegistryException e)
        {
            throw Refused(e);
        }
    }

    private Manifest MakeManifest(FleetApp app, EnclaveImage image, CreateDeploymentParameters asked, byte[] digest, ushort ingress, ushort health, uint nonce)
    {
        IEnumerable<ushort> ports = ingress == health ? [ingress] : [ingress, health];
        bool zeroed = asked.DebugMode == true && runner.ZeroesDebugMeasurements;
        try
        {
            return new ManifestRecipe
            {
                Namespace = app.Namespace,
                Nonce = nonce,
                QuorumKey = PublicKey.ParseHex(app.QuorumPublicKey),
                PivotHash = digest,
                Restart = RestartPolicy.Always,
                DebugMode = asked.DebugMode == true,
                Bridges = [.. ports.Select(static port => new BridgeConfig.Server(port, "0.0.0.0"))],
                Args = asked.PivotArgs ?? [],
                Env = [.. (asked.PivotEnv ?? []).Select(static variable => $"{variable.Name}={variable.Value}")],
                ManifestSet = app.ManifestSet.ToMemberSet(),
                ShareSet = app.ShareSet.ToMemberSet(),
                Pcrs = image.Pcrs.ToDictionary(static pcr => pcr.Key, pcr => zeroed && pcr.Key <= 2 ? new byte[Pcr.Size] : pcr.Value),
                Root = trust.Root,
                QosCommit = image.QosCommit,
            }.Build();
        }
        catch (Exception e) when (e is CeremonyException or FormatException or KeyException)
        {
            throw new ApiException(ApiCode.InvalidArgument, $"the manifest cannot be made: {e.Message}", e);
        }
    }

    // The Unix time, but always higher than before: two deployments in one second are two manifests.
    private uint Nonce(CreateDeploymentParameters asked, IReadOnlyList<DeploymentNonce> before)
    {
        uint? highest = before.Count == 0 ? null : before.Max(static d => d.Nonce);
        if (asked.Nonce is null && highest == uint.MaxValue)
            throw new ApiException(ApiCode.FailedPrecondition, "a deployment of this app has the highest nonce that there is, and no manifest can be later: give a nonce, or make another app");
        if (asked.Nonce is not { } given)
            return Math.Max((uint)Math.Clamp(time.GetUtcNow().ToUnixTimeSeconds(), 0, uint.MaxValue), highest + 1 ?? 0);
        return before.Any(d => d.Nonce == given)
            ? throw new ApiException(ApiCode.AlreadyExists, string.Create(CultureInfo.InvariantCulture, $"another deployment of this app has the nonce {given}: nobody could tell which manifest is the later one"))
            : given;
    }

    private static ushort Port(uint port, string name) => port is > 0 and <= ushort.MaxValue
        ? (ushort)port
        : throw new ApiException(ApiCode.InvalidArgument, $"{name} is a port from 1 to 65535");

    private static int? Size(uint? asked, int most, string name) => asked is null || (asked >= 1 && asked <= most)
        ? (int?)asked
        : throw new ApiException(ApiCode.InvalidArgument, string.Create(CultureInfo.InvariantCulture, $"{name} is a number from 1 to {most}, or left out"));

    private static byte[] Digest(string text)
    {
        string hex = text.StartsWith("sha256:", StringComparison.Ordinal) ? text[7..] : text;
        return hex.Length == 64 && hex.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(hex)
            : throw new ApiException(ApiCode.InvalidArgument, "expectedPivotDigest is the executable's SHA-256 in 64 hex digits");
    }

    private static HealthCheckKind HealthKind(string? type) => type switch
    {
        null or "TVC_HEALTH_CHECK_TYPE_HTTP" => HealthCheckKind.Http,
        "TVC_HEALTH_CHECK_TYPE_GRPC" => HealthCheckKind.Grpc,
        _ => throw new ApiException(ApiCode.InvalidArgument, "healthCheckType is TVC_HEALTH_CHECK_TYPE_HTTP or TVC_HEALTH_CHECK_TYPE_GRPC"),
    };

    private static IngressKind Ingress(string? type) => type switch
    {
        null or "HTTP" => IngressKind.Http,
        "TCP" => IngressKind.Tcp,
        _ => throw new ApiException(ApiCode.InvalidArgument, "ingressType is HTTP or TCP"),
    };
}
