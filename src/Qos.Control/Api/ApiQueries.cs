using System.Globalization;
using Qos.Fleet;
using Qos.Fleet.Api;
using Qos.Fleet.Storage;
using Qos.Protocol;
using Qos.Registry;

namespace Qos.Control;

/// <summary>The API's questions. Specification: cloud-api, Query.</summary>
internal sealed class ApiQueries(
    FleetDatabase database, PivotStore pivots, DeploymentMaker maker, FleetTrust trust, ServiceKey serviceKey, IRunner runner, ControlSettings settings, TimeProvider time)
{
    private const int MaxList = 1000;
    private const int MaxLogLines = 10_000;

    /// <summary>Answers a stamped question.</summary>
    /// <exception cref="ApiException">It is refused.</exception>
    public async Task AnswerAsync(HttpContext context, string name, ApiCaller caller)
    {
        CancellationToken cancellationToken = context.RequestAborted;
        if (name == "plan_tvc_deployment")
        {
            PlanBody plan = ApiBody.Parse(caller.Body, ApiJson.Default.PlanBody);
            RequireOrganization(caller, plan.OrganizationId);
            await ApiAnswers.WriteAsync(context, new ApiAnswer { Plan = await maker.PlanAsync(caller.OrganizationId, plan.Parameters, cancellationToken).ConfigureAwait(false) }, ApiJson.Default.ApiAnswer).ConfigureAwait(false);
            return;
        }

        QueryParameters query = ApiBody.Parse(caller.Body, ApiJson.Default.QueryParameters);

        // Whoever has only a key learns here whose it is.
        if (name != "whoami" || query.OrganizationId is not null)
            RequireOrganization(caller, query.OrganizationId);
        if (name == "whoami")
        {
            await ApiAnswers.WriteAsync(
                context,
                new WhoAmI { OrganizationId = caller.OrganizationId, OrganizationName = caller.Key.OrganizationName, UserId = caller.Key.UserId, Username = caller.Key.UserName },
                ApiJson.Default.WhoAmI).ConfigureAwait(false);
            return;
        }

        ApiAnswer answer = name switch
        {
            "get_activity" => new() { Activity = ActivityView.Of(await database.ActivityAsync(caller.OrganizationId, Need(query.ActivityId, "activityId"), cancellationToken).ConfigureAwait(false) ?? throw None("activity", query.ActivityId)) },
            "list_activities" => new() { Activities = [.. (await database.ActivitiesAsync(caller.OrganizationId, Filter(query), cancellationToken).ConfigureAwait(false)).Select(ActivityView.Of)] },
            "list_tvc_apps" => new() { TvcApps = [.. (await database.AppsAsync(caller.OrganizationId, MaxList, cancellationToken).ConfigureAwait(false)).Select(app => ApiMapping.Of(app, settings.Ingress.Domain))] },
            "get_tvc_app" => new() { TvcApp = ApiMapping.Of(await AppAsync(caller, query.TvcAppId ?? query.AppId, cancellationToken).ConfigureAwait(false), settings.Ingress.Domain) },
            "list_tvc_app_deployments" => await DeploymentsAsync(caller, query.AppId ?? query.TvcAppId, cancellationToken).ConfigureAwait(false),
            "get_tvc_deployment" => await DeploymentAsync(caller, query.DeploymentId, cancellationToken).ConfigureAwait(false),
            "get_app_status" => new() { AppStatus = await AppStatusView.OfAsync(database, await AppAsync(caller, query.AppId ?? query.TvcAppId, cancellationToken).ConfigureAwait(false), MaxList, cancellationToken).ConfigureAwait(false) },
            "get_tvc_deployment_provisioning_details" => await ProvisioningAsync(caller, query.DeploymentId, cancellationToken).ConfigureAwait(false),
            "get_tvc_deployment_debug_logs" => await LogsAsync(caller, query, cancellationToken).ConfigureAwait(false),
            "list_tvc_operators" => new() { TvcOperators = [.. (await database.OperatorsAsync(caller.OrganizationId, MaxList, cancellationToken).ConfigureAwait(false)).Select(ApiMapping.Of)] },
            "list_tvc_quorum_keys" => new() { TvcQuorumKeys = [] },
            "get_tvc_qos_versions" => Versions(),
            "validate_tvc_image" => await ValidateAsync(query, cancellationToken).ConfigureAwait(false),
            "get_boot_proof" => await BootProofAsync(Need(query.EphemeralKey, "ephemeralKey"), cancellationToken).ConfigureAwait(false),
            "get_latest_boot_proof" => await LatestBootProofAsync(Need(query.AppName, "appName"), cancellationToken).ConfigureAwait(false),
            _ => throw new ApiException(ApiCode.Unimplemented, $"there is no query {Shown(name)} here"),
        };
        await ApiAnswers.WriteAsync(context, answer, ApiJson.Default.ApiAnswer).ConfigureAwait(false);
    }

    /// <summary>The proof of an ephemeral key: public.</summary>
    public async Task<ApiAnswer> BootProofAsync(string ephemeralKey, CancellationToken cancellationToken)
    {
        string key = ephemeralKey.Length == 260 && ephemeralKey.All(char.IsAsciiHexDigit)
            ? ephemeralKey.ToLowerInvariant()
            : throw new ApiException(ApiCode.InvalidArgument, "an ephemeral key is 260 hex digits");
        return new() { BootProof = ApiMapping.Of(await database.ProofAsync(key, cancellationToken).ConfigureAwait(false) ?? throw new ApiException(ApiCode.NotFound, "no replica with this ephemeral key was ever recorded here")) };
    }

    /// <summary>An app's latest proof: public.</summary>
    public async Task<ApiAnswer> LatestBootProofAsync(string appId, CancellationToken cancellationToken) =>
        new() { BootProof = ApiMapping.Of(await database.LatestProofAsync(appId, cancellationToken).ConfigureAwait(false) ?? throw new ApiException(ApiCode.NotFound, "this app has no boot proof yet")) };

    /// <summary>Refuses a body that is for another organization than its key's.</summary>
    public static void RequireOrganization(ApiCaller caller, string? organizationId)
    {
        if (organizationId != caller.OrganizationId)
            throw new ApiException(ApiCode.PermissionDenied, $"the key belongs to the organization {caller.OrganizationId}, and the body is for {Shown(organizationId ?? "none")}");
    }

    private static string Need(string? value, string name) => string.IsNullOrEmpty(value) ? throw new ApiException(ApiCode.InvalidArgument, $"{name} is missing") : value;

    private static string Shown(string text) => VisibleText.Escape(text.Length > 100 ? text[..100] : text);

    private static ApiException None(string what, string? id) => new(ApiCode.NotFound, $"there is no {what} {Shown(id ?? "")}");

    private async Task<FleetApp> AppAsync(ApiCaller caller, string? id, CancellationToken cancellationToken) =>
        await database.AppAsync(caller.OrganizationId, Need(id, "the app's id"), cancellationToken).ConfigureAwait(false) ?? throw None("app", id);

    private async Task<(Deployment Deployment, FleetApp App)> FindAsync(ApiCaller caller, string? id, CancellationToken cancellationToken)
    {
        Deployment deployment = await database.DeploymentAsync(caller.OrganizationId, Need(id, "deploymentId"), cancellationToken).ConfigureAwait(false) ?? throw None("deployment", id);
        return (deployment, await database.AppAsync(caller.OrganizationId, deployment.AppId, cancellationToken).ConfigureAwait(false) ?? throw None("deployment", id));
    }

    private async Task<ApiAnswer> DeploymentAsync(ApiCaller caller, string? id, CancellationToken cancellationToken)
    {
        (Deployment deployment, FleetApp app) = await FindAsync(caller, id, cancellationToken).ConfigureAwait(false);
        return new() { TvcDeployment = ApiMapping.Of(deployment, app, await database.ApprovalsAsync(deployment.ManifestId, cancellationToken).ConfigureAwait(false)) };
    }

    private async Task<ApiAnswer> DeploymentsAsync(ApiCaller caller, string? appId, CancellationToken cancellationToken)
    {
        FleetApp app = await AppAsync(caller, appId, cancellationToken).ConfigureAwait(false);
        var list = new List<ApiDeployment>();
        foreach (Deployment deployment in await database.DeploymentsAsync(app.Id, MaxList, cancellationToken).ConfigureAwait(false))
            list.Add(ApiMapping.Of(deployment, app, await database.ApprovalsAsync(deployment.ManifestId, cancellationToken).ConfigureAwait(false)));
        return new() { TvcDeployments = list };
    }

    private async Task<ApiAnswer> ProvisioningAsync(ApiCaller caller, string? id, CancellationToken cancellationToken)
    {
        (Deployment deployment, FleetApp app) = await FindAsync(caller, id, cancellationToken).ConfigureAwait(false);
        Replica[] replicas = [.. (await database.ReplicasAsync(app.Id, cancellationToken).ConfigureAwait(false)).Where(replica => replica.DeploymentId == deployment.Id)];
        string state = AppStatusView.ProvisioningState(replicas);
        IReadOnlyList<ProvisioningShare> shares = state == AppStatusView.Awaiting ? await database.SharesAsync(deployment.Id, cancellationToken).ConfigureAwait(false) : [];
        if (Provisioning.Next(replicas, shares, deployment.Manifest.ShareSet.Threshold)?.SetupDocument is not { } document)
            return new() { ProvisioningState = state };
        IReadOnlyList<StoredApproval> approvals = await database.ApprovalsAsync(deployment.ManifestId, cancellationToken).ConfigureAwait(false);
        var envelope = new ManifestEnvelope(deployment.Manifest, [.. approvals.Select(static approval => approval.ToApproval())], []);
        return new() { AttestationDocument = document.ToArray(), ManifestEnvelope = ManifestEnvelopeFormat.Write(envelope), ProvisioningState = state };
    }

    private async Task<ApiAnswer> LogsAsync(ApiCaller caller, QueryParameters query, CancellationToken cancellationToken)
    {
        (Deployment deployment, FleetApp app) = await FindAsync(caller, query.DeploymentId, cancellationToken).ConfigureAwait(false);
        if (!deployment.DebugMode)
            throw new ApiException(ApiCode.FailedPrecondition, "only deployments in debug mode have logs that can be read outside");
        Replica[] replicas = [.. (await database.ReplicasAsync(app.Id, cancellationToken).ConfigureAwait(false)).Where(replica => replica.DeploymentId == deployment.Id)];
        int most = MaxLogLines / Math.Max(1, replicas.Length);
        int lines = query.TailLines > 0 ? Math.Min(query.TailLines.Value, most) : most;
        DateTimeOffset? since = query.SinceSeconds is > 0 and < 1_000_000_000 ? time.GetUtcNow() - TimeSpan.FromSeconds(query.SinceSeconds.Value) : null;
        var entries = new List<(DateTimeOffset At, ApiLogEntry Entry)>();
        foreach (Replica replica in replicas)
        {
            // An app's lines have no time: they stay behind the line before them.
            DateTimeOffset at = DateTimeOffset.UnixEpoch;
            string label = string.Create(CultureInfo.InvariantCulture, $"replica {replica.Slot + 1}/{deployment.Replicas}");
            foreach (LogLine line in await runner.LogsAsync(replica.Id, lines, since, cancellationToken).ConfigureAwait(false))
            {
                at = line.At ?? at;
                entries.Add((at, new ApiLogEntry { Line = new ApiLogContent { Content = line.Content, Ts = line.At is { } ts ? ApiTimestamp.Of(ts) : null }, ReplicaLabel = label }));
            }
        }

        return new() { Entries = [.. entries.OrderBy(static entry => entry.At).Select(static entry => entry.Entry)] };
    }

    private ApiAnswer Versions() => new()
    {
        AvailableVersions = [.. trust.Images.Select(static image => image.Version)],
        LatestVersion = trust.Images[^1].Version,
        Images =
        [
            .. trust.Images.Select(static image => new ApiImage
            {
                Version = image.Version,
                Pcrs = image.Pcrs.ToDictionary(static pcr => string.Create(CultureInfo.InvariantCulture, $"PCR{pcr.Key}"), static pcr => Convert.ToHexStringLower(pcr.Value)),
                QosCommit = image.QosCommit,
            }),
        ],
        AwsRootCertificate = Convert.ToHexStringLower(trust.Root.Span),
        PullSecretPublicKey = serviceKey.PublicKey.ToHex(),
    };

    private async Task<ApiAnswer> ValidateAsync(QueryParameters query, CancellationToken cancellationToken)
    {
        try
        {
            ResolvedImage image = await pivots.ResolveAsync(ImageReference.Parse(Need(query.PivotContainerImageUrl, "pivotContainerImageUrl")), query.PivotContainerEncryptedPullSecret, cancellationToken).ConfigureAwait(false);
            return new() { ResolvedImageDigest = image.Digest };
        }
        catch (RegistryException e)
        {
            throw DeploymentMaker.Refused(e);
        }
    }

    private static ActivityFilter Filter(QueryParameters query)
    {
        Pagination page = query.PaginationOptions ?? new Pagination();
        int limit = 10;
        if (page.Limit is { Length: > 0 } text && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= 100))
            throw new ApiException(ApiCode.InvalidArgument, "paginationOptions.limit is a number from 1 to 100");
        string? before = string.IsNullOrEmpty(page.Before) ? null : page.Before, after = string.IsNullOrEmpty(page.After) ? null : page.After;
        if (before is not null && after is not null)
            throw new ApiException(ApiCode.InvalidArgument, "paginationOptions has either before or after");
        return new ActivityFilter([.. (query.FilterByStatus ?? []).Take(20)], [.. (query.FilterByType ?? []).Take(100)], before, after, limit);
    }
}
