using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Qos.Fleet;
using Qos.Fleet.Api;
using Qos.Fleet.Kubernetes;
using Qos.Fleet.Storage;

namespace Qos.Control;

/// <summary>
/// Brings what EnclaveDeployments ask for into the service as activities, checked and kept as those of the API are. An activity's fingerprint is made of
/// the object's uid and of what is asked for, so the same is never done twice, whichever service asks.
/// </summary>
internal sealed class EnclaveDesk(FleetDatabase database, ActivityHandlers handlers, EventHub events, TimeProvider time) : IEnclaveDesk
{
    private const int MaxAttempts = 64;
    private const string Caller = "kubernetes";
    private readonly ConcurrentDictionary<string, string> _apps = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (string Key, string DeploymentId)> _deployments = new(StringComparer.Ordinal);
    private string? _organization;

    public async Task<string> AppAsync(EnclaveRequest request, CancellationToken cancellationToken)
    {
        string organization = await OrganizationAsync(cancellationToken).ConfigureAwait(false);
        if (!_apps.TryGetValue(request.Uid, out string? id))
        {
            ActivityRecord made = await MakeAppAsync(request, organization, cancellationToken).ConfigureAwait(false);
            id = Result(made, ApiJson.Default.CreateAppResult).AppId;
            _apps[request.Uid] = id;
        }

        FleetApp app = await database.AppAsync(organization, id, cancellationToken).ConfigureAwait(false)
            ?? throw new RequestRefusedException("AppDeleted", "the app was deleted by the API: delete this object and make it again");
        if (app.QuorumPublicKey != request.Spec.QuorumKey || !IsSame(app.ManifestSet, request.Spec.ManifestSet) || !IsSame(app.ShareSet, request.Spec.ShareSet) || app.AllowsDebugMode != request.Spec.AllowDebugMode)
            throw new RequestRefusedException("Immutable", "quorumKey, manifestSet, shareSet and allowDebugMode are the app's identity and cannot change: put them back, or make another EnclaveDeployment");
        return id;
    }

    public async Task<string> DeploymentAsync(EnclaveRequest request, string appId, CancellationToken cancellationToken)
    {
        string organization = await OrganizationAsync(cancellationToken).ConfigureAwait(false);
        string key = request.Spec.ManifestKey();
        if (_deployments.TryGetValue(request.Uid, out (string Key, string DeploymentId) known) && known.Key == key
            && await database.DeploymentAsync(organization, known.DeploymentId, cancellationToken).ConfigureAwait(false) is { IsDeleted: false })
            return known.DeploymentId;
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            string fingerprint = string.Create(CultureInfo.InvariantCulture, $"{request.Uid}:deployment:{key}:{attempt}");
            ActivityRecord? before = await database.ActivityOfBodyAsync(organization, Fingerprint(fingerprint), cancellationToken).ConfigureAwait(false);
            if (before is { FailureCode: { } code } && time.GetUtcNow() - before.UpdatedAt < Pause(attempt))
                throw Refused("ImageRefused", (ApiCode)code, before.FailureMessage ?? "");
            if (before?.FailureCode is not null)
                continue;
            ActivityRecord made = await RunAsync(
                request, "CREATE_TVC_DEPLOYMENT", fingerprint, "ImageRefused", DeploymentParameters(request, appId), ApiJson.Default.CreateDeploymentParameters, cancellationToken).ConfigureAwait(false);
            string id = Result(made, ApiJson.Default.CreateDeploymentResult).DeploymentId;
            Deployment? deployment = await database.DeploymentAsync(organization, id, cancellationToken).ConfigureAwait(false);

            // Gone for good: asked for once more, it is another one.
            if (deployment is null)
                continue;
            if (deployment.IsDeleted)
                await OnceAsync(request, "RESTORE_TVC_DEPLOYMENT", id, cancellationToken).ConfigureAwait(false);
            _deployments[request.Uid] = (key, id);
            return id;
        }

        throw new RequestRefusedException("ImageRefused", "this spec was tried too often: change it, or delete the object and make it again");
    }

    public async Task<AppSnapshot?> LoadAsync(string appId, CancellationToken cancellationToken) =>
        await database.LoadAsync(appId, cancellationToken).ConfigureAwait(false) is [var only] ? only : null;

    public async Task<int> SharesGivenAsync(string deploymentId, string setupKey, CancellationToken cancellationToken) =>
        (await database.SharesAsync(deploymentId, cancellationToken).ConfigureAwait(false)).Where(share => share.SetupKey == setupKey && share.State != ShareState.Refused).Select(static share => share.Operator.Id).Distinct().Count();

    public async Task ScaleAsync(EnclaveRequest request, string deploymentId, int replicas, CancellationToken cancellationToken)
    {
        string organization = await OrganizationAsync(cancellationToken).ConfigureAwait(false);
        string parameters = string.Create(CultureInfo.InvariantCulture, $$"""{"deploymentId":"{{deploymentId}}","replicas":{{replicas}}}""");
        ActivityRecord activity = Activity(request, organization, "SCALE_TVC_DEPLOYMENT", Guid.NewGuid().ToString("N"), JsonElement.Parse(parameters));
        (activity, _) = await database.BeginActivityAsync(activity, cancellationToken).ConfigureAwait(false);
        if (!await database.ScaleDeploymentAsync(activity.Id, "{}", deploymentId, replicas, cancellationToken).ConfigureAwait(false))
            await database.FailActivityAsync(activity.Id, (int)ApiCode.FailedPrecondition, "the deployment is deleted", cancellationToken).ConfigureAwait(false);
        if ((await database.DeploymentAsync(organization, deploymentId, cancellationToken).ConfigureAwait(false)) is { } deployment)
            handlers.Wake(deployment.AppId);
    }

    public Task PromoteAsync(EnclaveRequest request, string deploymentId, CancellationToken cancellationToken) => OnceAsync(request, "UPDATE_TVC_APP_LIVE_DEPLOYMENT", deploymentId, cancellationToken);

    public Task DeleteDeploymentAsync(EnclaveRequest request, string deploymentId, CancellationToken cancellationToken) => OnceAsync(request, "DELETE_TVC_DEPLOYMENT", deploymentId, cancellationToken);

    public async Task<bool> DeleteAppAsync(string ns, string name, string uid, CancellationToken cancellationToken)
    {
        string organization = await OrganizationAsync(cancellationToken).ConfigureAwait(false);
        _apps.TryRemove(uid, out _);
        _deployments.TryRemove(uid, out _);
        ActivityRecord? made = null;
        for (int attempt = 0; attempt < MaxAttempts && made?.Result is null; attempt++)
        {
            made = await database.ActivityOfBodyAsync(organization, AppFingerprint(uid, attempt), cancellationToken).ConfigureAwait(false);
            if (made is null)
                return true;
        }

        if (made?.Result is null)
            return true;
        string appId = Result(made, ApiJson.Default.CreateAppResult).AppId;
        if (await database.AppAsync(organization, appId, cancellationToken).ConfigureAwait(false) is not null)
        {
            var request = new EnclaveRequest(ns, name, uid, 0, null!);
            await RunAsync(request, "DELETE_TVC_APP_AND_DEPLOYMENTS", $"{uid}:delete", "DeleteRefused", new AppParameters { AppId = appId }, ApiJson.Default.AppParameters, cancellationToken).ConfigureAwait(false);
        }

        return await LoadAsync(appId, cancellationToken).ConfigureAwait(false) is not { Replicas.Count: > 0 };
    }

    // An object has one app, the first that was not refused. A spec that was mended is another try; the same one is only where what was wrong may have passed.
    private async Task<ActivityRecord> MakeAppAsync(EnclaveRequest request, string organization, CancellationToken cancellationToken)
    {
        CreateAppParameters parameters = AppParameters(request);
        JsonElement asked = JsonSerializer.SerializeToElement(parameters, ApiJson.Default.CreateAppParameters);
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            ActivityRecord? before = await database.ActivityOfBodyAsync(organization, AppFingerprint(request.Uid, attempt), cancellationToken).ConfigureAwait(false);
            if (before?.FailureCode is not { } code)
                return await RunAsync(request, "CREATE_TVC_APP", AppTry(request.Uid, attempt), "SpecRefused", parameters, ApiJson.Default.CreateAppParameters, cancellationToken).ConfigureAwait(false);
            RequestRefusedException refused = Refused("SpecRefused", (ApiCode)code, before.FailureMessage ?? "");
            bool isSame = JsonElement.DeepEquals(JsonSerializer.Deserialize(before.Body.Span, ApiJson.Default.SubmitBody)!.Parameters, asked);
            if (isSame && (!refused.MayPass || time.GetUtcNow() - before.UpdatedAt < Pause(attempt)))
                throw refused;
        }

        throw new RequestRefusedException("SpecRefused", "this object was tried too often: delete it and make it again");
    }

    private static string AppTry(string uid, int attempt) => attempt == 0 ? $"{uid}:app" : string.Create(CultureInfo.InvariantCulture, $"{uid}:app:{attempt}");

    private static string AppFingerprint(string uid, int attempt) => Fingerprint(AppTry(uid, attempt));

    private Task<ActivityRecord> OnceAsync(EnclaveRequest request, string type, string deploymentId, CancellationToken cancellationToken) => RunAsync(
        request, type, Guid.NewGuid().ToString("N"), "Refused", new DeploymentParameters { DeploymentId = deploymentId }, ApiJson.Default.DeploymentParameters, cancellationToken);

    private async Task<ActivityRecord> RunAsync<T>(
        EnclaveRequest request, string type, string fingerprint, string reason, T parameters, JsonTypeInfo<T> parametersType, CancellationToken cancellationToken)
    {
        string organization = await OrganizationAsync(cancellationToken).ConfigureAwait(false);
        (ActivityRecord activity, _) = await database.BeginActivityAsync(
            Activity(request, organization, type, fingerprint, JsonSerializer.SerializeToElement(parameters, parametersType)), cancellationToken).ConfigureAwait(false);
        if (activity.Status == "ACTIVITY_STATUS_PENDING")
        {
            try
            {
                await handlers.RunAsync(activity, cancellationToken).ConfigureAwait(false);
            }
            catch (ApiException e)
            {
                await database.FailActivityAsync(activity.Id, (int)e.Code, e.Message, cancellationToken).ConfigureAwait(false);
            }

            activity = await database.ActivityAsync(organization, activity.Id, cancellationToken).ConfigureAwait(false) ?? activity;
            events.Publish(new FleetEvent("activity", organization, null, null, activity.Id, activity.Status, time.GetUtcNow()));
        }

        return activity.FailureCode is { } code ? throw Refused(reason, (ApiCode)code, activity.FailureMessage ?? "") : activity;
    }

    private ActivityRecord Activity(EnclaveRequest request, string organization, string type, string fingerprint, JsonElement parameters)
    {
        DateTimeOffset now = time.GetUtcNow();
        var body = new SubmitBody
        {
            Type = ApiNames.TypePrefix + type,
            TimestampMs = now.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
            OrganizationId = organization,
            Parameters = parameters,
        };
        return new ActivityRecord
        {
            Id = Guid.CreateVersion7(now).ToString(),
            OrganizationId = organization,
            Type = body.Type,
            Status = "ACTIVITY_STATUS_PENDING",
            Fingerprint = Fingerprint(fingerprint),
            Body = JsonSerializer.SerializeToUtf8Bytes(body, ApiJson.Default.SubmitBody),

            // In the place of a stamp: which object, and which of its specs, asked for it. The cluster's audit log says who wrote that.
            Stamp = string.Create(CultureInfo.InvariantCulture, $"kubernetes {request.Namespace}/{request.Name} uid {request.Uid} generation {request.Generation}"),
            PublicKey = Caller,
            UserId = Caller,
            CreatedAt = now,
            UpdatedAt = now,
        };
    }

    private async Task<string> OrganizationAsync(CancellationToken cancellationToken) =>
        _organization ??= (await database.OrganizationsAsync(cancellationToken).ConfigureAwait(false)) is [var first, ..]
            ? first.Id
            : throw new RequestRefusedException("NoOrganization", "the database has no organization: run 'qos-control init'", mayPass: true);

    private static CreateAppParameters AppParameters(EnclaveRequest request) => new()
    {
        Name = request.Name,
        QuorumPublicKey = request.Spec.QuorumKey,
        ManifestSetParams = Set("approvers", request.Spec.ManifestSet),
        ShareSetParams = Set("holders", request.Spec.ShareSet),
        EnableDebugModeDeployments = request.Spec.AllowDebugMode,
    };

    private static OperatorSetParameters Set(string name, EnclaveMembers members) => new()
    {
        Name = name,
        Threshold = members.Threshold,
        NewOperators = [.. members.Members.Select(static member => new OperatorParameters { Name = member.Alias, PublicKey = member.PublicKey })],
    };

    private static CreateDeploymentParameters DeploymentParameters(EnclaveRequest request, string appId)
    {
        EnclaveSpec spec = request.Spec;
        return new CreateDeploymentParameters
        {
            AppId = appId,
            QosVersion = spec.QosVersion,
            PivotContainerImageUrl = spec.Image,
            PivotPath = spec.PivotPath,
            PivotArgs = spec.Args,
            ExpectedPivotDigest = spec.PivotDigest,
            PivotContainerEncryptedPullSecret = spec.EncryptedPullSecret,
            DebugMode = spec.DebugMode,
            HealthCheckType = spec.Health?.Type is "GRPC" ? "TVC_HEALTH_CHECK_TYPE_GRPC" : "TVC_HEALTH_CHECK_TYPE_HTTP",
            HealthCheckPort = (uint)(spec.Health?.Port ?? spec.Port),
            PublicIngressPort = (uint)spec.Port,
            Replicas = (uint)spec.Replicas,
            InstanceSizeCpus = (uint?)spec.Cpus,
            InstanceSizeRam = (uint?)spec.MemoryGib,
            PivotEnv = [.. spec.Env.Select(static variable => new EnvironmentVariable { Name = variable.Name, Value = variable.Value })],
        };
    }

    private static bool IsSame(OperatorSet set, EnclaveMembers asked) => set.Threshold == asked.Threshold
        && set.Operators.Select(static op => (op.Name, op.PublicKey)).SequenceEqual(asked.Members.Select(static member => (member.Alias, member.PublicKey)));

    private static RequestRefusedException Refused(string reason, ApiCode code, string message) =>
        new(reason, message, mayPass: code is ApiCode.Unavailable or ApiCode.Internal or ApiCode.NotFound or ApiCode.FailedPrecondition);

    private static TimeSpan Pause(int attempt) => TimeSpan.FromSeconds(Math.Min(300, 5 * Math.Pow(2, Math.Min(attempt, 10))));

    private static string Fingerprint(string what) => $"kubernetes:{what}";

    private static T Result<T>(ActivityRecord activity, JsonTypeInfo<T> type) => JsonSerializer.Deserialize(activity.Result!, type)!;
}
