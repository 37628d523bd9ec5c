using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Qos.Fleet;
using Qos.Fleet.Api;
using Qos.Fleet.Storage;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Control;

/// <summary>What each activity does. Running one twice changes nothing. Specification: cloud-api, Submit.</summary>
internal sealed class ActivityHandlers(FleetDatabase database, DeploymentMaker maker, ReconcilerHandle reconciler, ControlSettings settings, TimeProvider time)
{
    private const int MaxMembers = 100;
    private const int MaxName = 256;
    private const int MaxShare = 4096;
    private const int MaxAttempts = 8;
    private const int MaxApps = 20_000;

    /// <summary>Of one member for one replica: mistakes happen, and each is carried to the replica.</summary>
    private const int MaxShares = 20;

    /// <summary>Has an app looked at now.</summary>
    public void Wake(string appId) => reconciler.Wake(appId);

    /// <summary>Runs an activity to its end.</summary>
    /// <exception cref="ApiException">It is refused.</exception>
    public async Task RunAsync(ActivityRecord activity, CancellationToken cancellationToken)
    {
        SubmitBody body = ApiBody.Parse(activity.Body.ToArray(), ApiJson.Default.SubmitBody);
        string appId = activity.Type[ApiNames.TypePrefix.Length..] switch
        {
            "CREATE_TVC_APP" => await CreateAppAsync(activity, Read(body, ApiJson.Default.CreateAppParameters), cancellationToken).ConfigureAwait(false),
            "CREATE_TVC_DEPLOYMENT" => await CreateDeploymentAsync(activity, Read(body, ApiJson.Default.CreateDeploymentParameters), cancellationToken).ConfigureAwait(false),
            "CREATE_TVC_MANIFEST_APPROVALS" => await ApproveAsync(activity, Read(body, ApiJson.Default.CreateApprovalsParameters), cancellationToken).ConfigureAwait(false),
            "POST_TVC_QUORUM_KEY_SHARE" => await PostShareAsync(activity, Read(body, ApiJson.Default.PostShareParameters), cancellationToken).ConfigureAwait(false),
            "UPDATE_TVC_APP_LIVE_DEPLOYMENT" => await PromoteAsync(activity, Read(body, ApiJson.Default.DeploymentParameters), cancellationToken).ConfigureAwait(false),
            "DELETE_TVC_DEPLOYMENT" => await DeleteAsync(activity, Read(body, ApiJson.Default.DeploymentParameters), cancellationToken).ConfigureAwait(false),
            "RESTORE_TVC_DEPLOYMENT" => await RestoreAsync(activity, Read(body, ApiJson.Default.DeploymentParameters), cancellationToken).ConfigureAwait(false),
            "DELETE_TVC_APP_AND_DEPLOYMENTS" => await DeleteAppAsync(activity, Read(body, ApiJson.Default.AppParameters), cancellationToken).ConfigureAwait(false),
            _ => throw new ApiException(ApiCode.Unimplemented, "there is no such activity here"),
        };
        reconciler.Wake(appId);
    }

    private async Task<string> CreateAppAsync(ActivityRecord activity, CreateAppParameters asked, CancellationToken cancellationToken)
    {
        Name(asked.Name, "name");
        if (asked.EnableEgress == true)
            throw new ApiException(ApiCode.Unimplemented, "enableEgress opens the network as a whole, which manifests here do not: leave it out");
        if (!IsKey(asked.QuorumPublicKey))
            throw new ApiException(ApiCode.InvalidArgument, "quorumPublicKey is not a quorum key: 260 lower-case hex digits of two points, as a genesis gives it out");
        if (await database.AppCountAsync(activity.OrganizationId, cancellationToken).ConfigureAwait(false) >= MaxApps)
            throw new ApiException(ApiCode.ResourceExhausted, $"the organization has {MaxApps} apps: delete some");
        var operators = new List<FleetOperator>();
        var sets = new List<OperatorSet>();
        OperatorSet manifestSet = await SetAsync(activity, "manifestSet", asked.ManifestSetId, asked.ManifestSetParams, operators, sets, cancellationToken).ConfigureAwait(false);
        OperatorSet shareSet = await SetAsync(activity, "shareSet", asked.ShareSetId, asked.ShareSetParams, operators, sets, cancellationToken).ConfigureAwait(false);
        DateTimeOffset now = time.GetUtcNow();
        var app = new FleetApp
        {
            Id = ActivityIds.Of(activity.Id, "app"),
            OrganizationId = activity.OrganizationId,
            Name = asked.Name,
            QuorumPublicKey = asked.QuorumPublicKey,
            ManifestSet = manifestSet,
            ShareSet = shareSet,
            AllowsDebugMode = asked.EnableDebugModeDeployments == true,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var result = new CreateAppResult
        {
            AppId = app.Id,
            ManifestSetId = manifestSet.Id,
            ManifestSetOperatorIds = [.. manifestSet.Operators.Select(static op => op.Id)],
            ManifestSetThreshold = manifestSet.Threshold,
            ShareSetId = shareSet.Id,
            ShareSetOperatorIds = [.. shareSet.Operators.Select(static op => op.Id)],
            ShareSetThreshold = shareSet.Threshold,
        };
        Require(await database.CreateAppAsync(activity.Id, Write(result, ApiJson.Default.CreateAppResult), app, operators, sets, cancellationToken).ConfigureAwait(false));
        return app.Id;
    }

    private async Task<OperatorSet> SetAsync(
        ActivityRecord activity, string role, string? id, OperatorSetParameters? asked, List<FleetOperator> operators, List<OperatorSet> sets, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(id))
        {
            return await database.OperatorSetAsync(activity.OrganizationId, id, cancellationToken).ConfigureAwait(false)
                ?? throw new ApiException(ApiCode.NotFound, $"there is no operator set {VisibleText.Escape(id)}");
        }

        if (asked is null)
            throw new ApiException(ApiCode.InvalidArgument, $"{role}Id or {role}Params is missing");
        Name(asked.Name, $"{role}Params.name");
        var members = new List<FleetOperator>();
        foreach (OperatorParameters op in asked.NewOperators ?? [])
        {
            Name(op.Name, $"{role}Params.newOperators.name");
            if (!IsKey(op.PublicKey))
                throw new ApiException(ApiCode.InvalidArgument, $"the public key of {VisibleText.Escape(op.Name)} is not an operator's: 260 lower-case hex digits of two points");
            var made = new FleetOperator(ActivityIds.Of(activity.Id, $"{role}/{members.Count}"), activity.OrganizationId, op.Name, op.PublicKey, time.GetUtcNow());

            // One person in both sets is one operator.
            FleetOperator known = operators.FirstOrDefault(other => other.Name == made.Name && other.PublicKey == made.PublicKey) ?? made;
            if (known == made)
                operators.Add(made);
            members.Add(known);
        }

        foreach (string existing in asked.ExistingOperatorIds ?? [])
            members.Add(await OperatorAsync(activity.OrganizationId, existing, cancellationToken).ConfigureAwait(false));
        if (members.Count is 0 or > MaxMembers || asked.Threshold == 0 || asked.Threshold > members.Count)
            throw new ApiException(ApiCode.InvalidArgument, $"{role}Params needs 1 to {MaxMembers} operators and a threshold of at most as many");
        var set = new OperatorSet(ActivityIds.Of(activity.Id, role), activity.OrganizationId, asked.Name, asked.Threshold, members, time.GetUtcNow());
        try
        {
            ApprovalChecks.CheckDistinctMembers(set.ToMemberSet().Members);
        }
        catch (ProtocolException e)
        {
            throw new ApiException(ApiCode.InvalidArgument, $"two operators of {role} share a name or a key: no node boots such a manifest", e);
        }

        sets.Add(set);
        return set;
    }

    private async Task<string> CreateDeploymentAsync(ActivityRecord activity, CreateDeploymentParameters asked, CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            (Deployment deployment, FleetApp app, _, int others) = await maker.MakeAsync(activity.OrganizationId, asked, activity.Id, cancellationToken).ConfigureAwait(false);
            if (deployment.Ingress == IngressKind.Tcp
                && await database.IngressPortAsync(app.Id, settings.Ingress.FirstTcpPort, settings.Ingress.LastTcpPort, cancellationToken).ConfigureAwait(false) is null)
                throw new ApiException(ApiCode.ResourceExhausted, "there is no port left for another TCP app");
            string result = Write(new CreateDeploymentResult { DeploymentId = deployment.Id, ManifestId = deployment.ManifestId }, ApiJson.Default.CreateDeploymentResult);

            // Another deployment of the app may have come meanwhile, and have taken the nonce: then this one is made anew.
            if (await database.CreateDeploymentAsync(activity.Id, result, deployment, cancellationToken, others).ConfigureAwait(false)
                || await database.ActivityAsync(activity.OrganizationId, activity.Id, cancellationToken).ConfigureAwait(false) is not { Status: "ACTIVITY_STATUS_PENDING" })
                return app.Id;
        }

        throw new ApiException(ApiCode.Unavailable, "too many deployments of this app are made at the same time: ask again");
    }

    private async Task<string> ApproveAsync(ActivityRecord activity, CreateApprovalsParameters asked, CancellationToken cancellationToken)
    {
        Deployment deployment = await database.DeploymentOfManifestAsync(activity.OrganizationId, asked.ManifestId, cancellationToken).ConfigureAwait(false)
            ?? throw new ApiException(ApiCode.NotFound, $"there is no manifest {VisibleText.Escape(asked.ManifestId)}");
        if (asked.Approvals.Count is 0 or > MaxMembers)
            throw new ApiException(ApiCode.InvalidArgument, $"approvals has 1 to {MaxMembers} of them");
        FleetApp app = await AppAsync(activity, deployment.AppId, cancellationToken).ConfigureAwait(false);
        var approvals = new List<StoredApproval>();
        foreach (ManifestApprovalParameters approval in asked.Approvals)
        {
            FleetOperator op = InSet(app.ManifestSet, await OperatorAsync(activity.OrganizationId, approval.OperatorId, cancellationToken).ConfigureAwait(false));
            byte[] signature = RequireApproval(deployment, deployment.Manifest.ManifestSet, "manifest", op, approval.Signature);
            approvals.Add(new StoredApproval(ActivityIds.Of(activity.Id, $"approval/{approvals.Count}"), deployment.ManifestId, op, signature, time.GetUtcNow()));
        }

        string result = Write(new CreateApprovalsResult { ApprovalIds = [.. approvals.Select(static approval => approval.Id)] }, ApiJson.Default.CreateApprovalsResult);
        try
        {
            Require(await database.AddApprovalsAsync(activity.Id, result, approvals, cancellationToken).ConfigureAwait(false));
        }
        catch (DuplicateException e)
        {
            throw new ApiException(ApiCode.AlreadyExists, e.Message, e);
        }

        return deployment.AppId;
    }

    private async Task<string> PostShareAsync(ActivityRecord activity, PostShareParameters asked, CancellationToken cancellationToken)
    {
        Deployment deployment = await DeploymentAsync(activity, asked.DeploymentId, cancellationToken).ConfigureAwait(false);
        FleetApp app = await AppAsync(activity, deployment.AppId, cancellationToken).ConfigureAwait(false);
        FleetOperator op = InSet(app.ShareSet, await OperatorAsync(activity.OrganizationId, asked.ShareApprovalBundle.OperatorId, cancellationToken).ConfigureAwait(false));
        byte[] signature = RequireApproval(deployment, deployment.Manifest.ShareSet, "share", op, asked.ShareApprovalBundle.Signature);
        byte[] share = Hex(asked.ShareApprovalBundle.ReEncryptedShareHex, "reEncryptedShareHex", MaxShare);
        Replica[] all = [.. (await database.ReplicasAsync(deployment.AppId, cancellationToken).ConfigureAwait(false))
            .Where(replica => replica.DeploymentId == deployment.Id && replica.State == ReplicaState.AwaitingShares)];
        if (all.Length == 0)
            throw new ApiException(ApiCode.FailedPrecondition, "no replica of this deployment waits for shares");

        // Any one that waits: another one may have come to wait since the member fetched the details.
        Replica waiting = all.FirstOrDefault(replica => string.Equals(replica.SetupKey, asked.EphemeralPublicKeyHex, StringComparison.OrdinalIgnoreCase))
            ?? throw new ApiException(ApiCode.FailedPrecondition, "the share is for another replica's key than the one that waits: fetch the provisioning details again and encrypt it anew");
        if ((await database.SharesAsync(deployment.Id, cancellationToken).ConfigureAwait(false)).Count(share => share.SetupKey == waiting.SetupKey && share.Operator.Id == op.Id) >= MaxShares)
            throw new ApiException(ApiCode.ResourceExhausted, $"{VisibleText.Escape(op.Name)} gave {MaxShares} shares for this replica: no more are taken");
        var kept = new ProvisioningShare
        {
            Id = ActivityIds.Of(activity.Id, "share"),
            DeploymentId = deployment.Id,
            Operator = op,
            SetupKey = waiting.SetupKey!,
            EncryptedShare = share,
            Signature = signature,
            State = ShareState.Posted,
            CreatedAt = time.GetUtcNow(),
        };
        Require(await database.AddShareAsync(activity.Id, Write(new PostShareResult { ProvisioningShareId = kept.Id }, ApiJson.Default.PostShareResult), kept, cancellationToken).ConfigureAwait(false));
        return deployment.AppId;
    }

    private async Task<string> PromoteAsync(ActivityRecord activity, DeploymentParameters asked, CancellationToken cancellationToken)
    {
        Deployment deployment = await DeploymentAsync(activity, asked.DeploymentId, cancellationToken).ConfigureAwait(false);
        if (deployment.IsDeleted)
            throw new ApiException(ApiCode.FailedPrecondition, "the deployment is deleted: restore it first");
        if (!(await database.ReplicasAsync(deployment.AppId, cancellationToken).ConfigureAwait(false)).Any(replica => replica.DeploymentId == deployment.Id && replica.State == ReplicaState.Ready))
            throw new ApiException(ApiCode.FailedPrecondition, "no replica of this deployment is ready: traffic would go nowhere");
        Require(await database.SetLiveAsync(activity.Id, "{}", deployment.AppId, deployment.Id, cancellationToken).ConfigureAwait(false));
        return deployment.AppId;
    }

    private async Task<string> DeleteAsync(ActivityRecord activity, DeploymentParameters asked, CancellationToken cancellationToken)
    {
        Deployment deployment = await DeploymentAsync(activity, asked.DeploymentId, cancellationToken).ConfigureAwait(false);
        if (deployment.IsDeleted)
            throw new ApiException(ApiCode.FailedPrecondition, "the deployment is deleted already");
        string result = Write(new DeploymentResult { DeploymentId = deployment.Id }, ApiJson.Default.DeploymentResult);
        if (!await database.DeleteDeploymentAsync(activity.Id, result, deployment.Id, cancellationToken).ConfigureAwait(false))
            throw new ApiException(ApiCode.FailedPrecondition, "the live deployment cannot be deleted: promote another one first, or delete the app");
        return deployment.AppId;
    }

    private async Task<string> RestoreAsync(ActivityRecord activity, DeploymentParameters asked, CancellationToken cancellationToken)
    {
        Deployment deployment = await DeploymentAsync(activity, asked.DeploymentId, cancellationToken).ConfigureAwait(false);
        string result = Write(new DeploymentResult { DeploymentId = deployment.Id }, ApiJson.Default.DeploymentResult);
        if (!await database.RestoreDeploymentAsync(activity.Id, result, deployment.Id, cancellationToken).ConfigureAwait(false))
            throw new ApiException(ApiCode.FailedPrecondition, "the deployment is not deleted, or its resources are gone");
        return deployment.AppId;
    }

    private async Task<string> DeleteAppAsync(ActivityRecord activity, AppParameters asked, CancellationToken cancellationToken)
    {
        FleetApp app = await AppAsync(activity, asked.AppId, cancellationToken).ConfigureAwait(false);
        Require(await database.DeleteAppAsync(activity.Id, Write(new AppResult { AppId = app.Id }, ApiJson.Default.AppResult), app.Id, cancellationToken).ConfigureAwait(false));
        return app.Id;
    }

    // Left alone, the activity would stay pending, and be done one day when what it is about has changed once more. One that another run completed stays as it is.
    private static void Require(bool done)
    {
        if (!done)
            throw new ApiException(ApiCode.FailedPrecondition, "what this is about was changed or deleted at the same moment: look at it, and ask again");
    }

    private async Task<FleetApp> AppAsync(ActivityRecord activity, string id, CancellationToken cancellationToken) =>
        await database.AppAsync(activity.OrganizationId, id, cancellationToken).ConfigureAwait(false)
            ?? throw new ApiException(ApiCode.NotFound, $"there is no app {VisibleText.Escape(id)}");

    private async Task<Deployment> DeploymentAsync(ActivityRecord activity, string id, CancellationToken cancellationToken) =>
        await database.DeploymentAsync(activity.OrganizationId, id, cancellationToken).ConfigureAwait(false)
            ?? throw new ApiException(ApiCode.NotFound, $"there is no deployment {VisibleText.Escape(id)}");

    private async Task<FleetOperator> OperatorAsync(string organizationId, string id, CancellationToken cancellationToken) =>
        await database.OperatorAsync(organizationId, id, cancellationToken).ConfigureAwait(false)
            ?? throw new ApiException(ApiCode.NotFound, $"there is no operator {VisibleText.Escape(id)}");

    // One person may be known under several ids, from several apps: what is kept names the one of this app's set, so that it counts once, and is seen to be there.
    private static FleetOperator InSet(OperatorSet set, FleetOperator op) =>
        set.Operators.FirstOrDefault(member => member.Name == op.Name && member.PublicKey == op.PublicKey) ?? op;

    private static byte[] RequireApproval(Deployment deployment, MemberSet set, string kind, FleetOperator op, string signatureHex)
    {
        QuorumMember member = op.ToMember();
        if (!set.Members.Contains(member))
            throw new ApiException(ApiCode.PermissionDenied, $"{VisibleText.Escape(op.Name)} is not in the {kind} set of this manifest");
        byte[] signature = Hex(signatureHex, "signature", PublicKey.SignatureSize);
        return PublicKey.Parse(member.PubKey.Span).Verify(deployment.ManifestHash.Span, signature)
            ? signature
            : throw new ApiException(ApiCode.InvalidArgument, $"the signature of {VisibleText.Escape(op.Name)} is not over this manifest, whose hash is {Convert.ToHexStringLower(deployment.ManifestHash.Span)}: was another one approved?");
    }

    private static byte[] Hex(string text, string name, int max) => text.Length % 2 == 0 && text.Length is > 0 && text.Length / 2 <= max && text.All(char.IsAsciiHexDigit)
        ? Convert.FromHexString(text)
        : throw new ApiException(ApiCode.InvalidArgument, $"{name} is not hex of at most {max} bytes");

    private static bool IsKey(string hex) =>
        hex.Length == 2 * PublicKey.Size && hex.All(static c => char.IsAsciiDigit(c) || c is >= 'a' and <= 'f') && PublicKey.TryParse(Convert.FromHexString(hex), out _);

    private static void Name(string name, string where)
    {
        if (name.Length is 0 or > MaxName || VisibleText.NeedsEscape(name))
            throw new ApiException(ApiCode.InvalidArgument, $"{where} has 1 to {MaxName} characters, none of them hidden");
    }

    private static T Read<T>(SubmitBody body, JsonTypeInfo<T> type)
    {
        try
        {
            return body.Parameters.Deserialize(type) ?? throw new ApiException(ApiCode.InvalidArgument, "parameters is null");
        }
        catch (JsonException e)
        {
            throw new ApiException(ApiCode.InvalidArgument, $"parameters is not of its form at {e.Path}: {JsonMistake.Describe(e)}", e);
        }
    }

    private static string Write<T>(T result, JsonTypeInfo<T> type) => JsonSerializer.Serialize(result, type);
}
