using Qos.Fleet;
using Qos.Fleet.Api;
using Qos.Fleet.Storage;

namespace Qos.Control;

/// <summary>An app's status: counts for scripts, and for people who has not yet done what.</summary>
internal static class AppStatusView
{
    public const string Pending = "PROVISIONING_STATE_PENDING";
    public const string Awaiting = "PROVISIONING_STATE_AWAITING_PROVISION";
    public const string Provisioned = "PROVISIONING_STATE_PROVISIONED";

    public static async Task<ApiAppStatus> OfAsync(FleetDatabase database, FleetApp app, int maxDeployments, CancellationToken cancellationToken)
    {
        IReadOnlyList<Deployment> deployments = await database.DeploymentsAsync(app.Id, maxDeployments, cancellationToken).ConfigureAwait(false);
        ILookup<string, Replica> replicas = (await database.ReplicasAsync(app.Id, cancellationToken).ConfigureAwait(false))
            .ToLookup(static replica => replica.DeploymentId, StringComparer.Ordinal);
        var statuses = new List<ApiDeploymentStatus>();
        foreach (Deployment deployment in deployments)
            statuses.Add(await OfAsync(database, app, deployment, [.. replicas[deployment.Id]], cancellationToken).ConfigureAwait(false));
        int? port = (await database.RoutesAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(route => route.AppId == app.Id)?.Port;
        return new ApiAppStatus { AppId = app.Id, Deployments = statuses, TargetedDeploymentId = app.LiveDeploymentId ?? "", IngressPort = port };
    }

    public static string ProvisioningState(IReadOnlyList<Replica> replicas) =>
        replicas.Any(static replica => replica.State == ReplicaState.AwaitingShares) ? Awaiting
        : replicas.Any(static replica => replica.IsProvisioned) ? Provisioned
        : Pending;

    private static async Task<ApiDeploymentStatus> OfAsync(
        FleetDatabase database, FleetApp app, Deployment deployment, IReadOnlyList<Replica> replicas, CancellationToken cancellationToken)
    {
        IReadOnlyList<StoredApproval> approvals = await database.ApprovalsAsync(deployment.ManifestId, cancellationToken).ConfigureAwait(false);
        HashSet<string> approved = approvals.Select(static approval => approval.Operator.Id).ToHashSet(StringComparer.Ordinal);
        int approvalsWanted = (int)app.ManifestSet.Threshold - approvals.Count;
        IReadOnlyList<ApiShareHolder>? holders = await HoldersAsync(database, app, deployment, replicas, cancellationToken).ConfigureAwait(false);
        return new ApiDeploymentStatus
        {
            DeploymentId = deployment.Id,
            ReadyReplicas = replicas.Count(static replica => replica.State == ReplicaState.Ready),
            DesiredReplicas = deployment.IsDeleted ? 0 : deployment.Replicas,
            LastUpdatedTime = ApiTimestamp.Of(replicas.Select(static replica => replica.UpdatedAt).Append(deployment.UpdatedAt).Max()),
            ProvisioningState = ProvisioningState(replicas),
            ApprovalsMissing = approvalsWanted <= 0 ? null : [.. app.ManifestSet.Operators.Where(op => !approved.Contains(op.Id)).Select(static op => op.Name)],
            ApprovalsWanted = approvalsWanted <= 0 ? null : approvalsWanted,
            ShareHolders = holders,
            SharesWanted = holders is null ? null : Math.Max(0, (int)app.ShareSet.Threshold - holders.Count(static holder => holder.State is "POSTED" or "DELIVERED")),
            Replicas = [.. replicas.Select(Of)],
            Delete = deployment.IsDeleted,
        };
    }

    private static async Task<IReadOnlyList<ApiShareHolder>?> HoldersAsync(
        FleetDatabase database, FleetApp app, Deployment deployment, IReadOnlyList<Replica> replicas, CancellationToken cancellationToken)
    {
        if (ProvisioningState(replicas) != Awaiting)
            return null;
        IReadOnlyList<ProvisioningShare> shares = await database.SharesAsync(deployment.Id, cancellationToken).ConfigureAwait(false);
        Replica waiting = Provisioning.Next(replicas, shares, deployment.Manifest.ShareSet.Threshold)!;
        return
        [
            .. app.ShareSet.Operators.Select(op =>
            {
                ProvisioningShare? share = shares.FirstOrDefault(share => share.Operator.Id == op.Id && share.SetupKey == waiting.SetupKey);
                return new ApiShareHolder { OperatorId = op.Id, Name = op.Name, State = share?.State.ToString().ToUpperInvariant() ?? "MISSING", Message = share?.Message };
            }),
        ];
    }

    private static ApiReplica Of(Replica replica) => new()
    {
        Id = replica.Id,
        Slot = (uint)replica.Slot,
        State = replica.State.ToString(),
        Mode = replica.Mode.ToString(),
        Healthy = replica.State == ReplicaState.Ready,
        EphemeralKey = replica.EphemeralKey,
        Message = replica.Message,
        CreatedAt = ApiTimestamp.Of(replica.CreatedAt),
        UpdatedAt = ApiTimestamp.Of(replica.UpdatedAt),
    };
}
