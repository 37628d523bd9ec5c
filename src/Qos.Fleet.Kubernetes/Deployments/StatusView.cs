using System.Globalization;
using Qos.Client;

namespace Qos.Fleet.Kubernetes;

/// <summary>Makes a status from what is stored: pure.</summary>
internal static class StatusView
{
    private static readonly string[] s_types = ["Accepted", "ImageResolved", "Approved", "Booted", "Provisioned", "Ready", "Live"];

    /// <param name="generation">The spec's.</param>
    /// <param name="spec">The spec; null when it cannot be read.</param>
    /// <param name="refusal">Why the spec was refused; null when it was not.</param>
    /// <param name="app">The app; null before there is one.</param>
    /// <param name="deploymentId">The deployment of the spec; null before there is one.</param>
    /// <param name="sharesGiven">How many shares came for the replica that waits.</param>
    /// <param name="before">The conditions of before, whose times stay where nothing changed.</param>
    /// <param name="now">The time.</param>
    public static EnclaveStatus Of(
        long generation, EnclaveSpec? spec, RequestRefusedException? refusal, AppSnapshot? app, string? deploymentId, int sharesGiven, IReadOnlyList<EnclaveCondition> before, DateTimeOffset now)
    {
        DeploymentSnapshot? current = app?.Deployments.FirstOrDefault(d => d.Deployment.Id == deploymentId);
        Replica[] replicas = current is null ? [] : [.. app!.Replicas.Where(replica => replica.DeploymentId == current.Deployment.Id)];
        int wanted = spec?.Replicas ?? 0, ready = replicas.Count(static replica => replica.State == ReplicaState.Ready);
        bool isLive = current is not null && app!.App.LiveDeploymentId == current.Deployment.Id;
        Replica? waiting = replicas.FirstOrDefault(static replica => replica.State == ReplicaState.AwaitingShares);
        string? trouble = replicas.Select(static replica => replica.Message).FirstOrDefault(static message => message is not null);
        string phase = refusal is not null ? "Refused"
            : current is null ? "Pending"
            : !current.IsApproved ? "AwaitingApprovals"
            : waiting is not null ? "AwaitingShares"
            : ready < wanted ? "Starting"
            : isLive ? "Live" : "Ready";
        return new EnclaveStatus
        {
            ObservedGeneration = generation,
            Phase = phase,
            Message = refusal?.Message ?? trouble,
            Replicas = replicas.Length,
            ReadyReplicas = ready,
            Ready = string.Create(CultureInfo.InvariantCulture, $"{ready}/{wanted}"),
            Selector = current is null ? null : $"{KubernetesNames.DeploymentLabel}={current.Deployment.Id}",
            Approvals = current is null ? null : Of(current.Approvals.Count, current.Deployment.Manifest.ManifestSet.Threshold),
            Shares = waiting is null ? null : Of(sharesGiven, current!.Deployment.Manifest.ShareSet.Threshold),
            AppId = app?.App.Id,
            DeploymentId = current?.Deployment.Id,
            ManifestHash = current is null ? null : Convert.ToHexStringLower(current.Deployment.ManifestHash.Span),
            ImageDigest = current?.Deployment.ImageDigest,
            LiveDeploymentId = app?.App.LiveDeploymentId,
            Live = isLive ? "True" : "False",
            ServiceName = app?.App.LiveDeploymentId is null ? null : ClusterObjects.ServiceName(app.App),
            Conditions = [.. s_types.Select(type => Condition(type, generation, refusal, app, current, replicas, wanted, ready, isLive, waiting, trouble, before, now))],
        };
    }

    private static EnclaveCondition Condition(
        string type,
        long generation,
        RequestRefusedException? refusal,
        AppSnapshot? app,
        DeploymentSnapshot? current,
        Replica[] replicas,
        int wanted,
        int ready,
        bool isLive,
        Replica? waiting,
        string? trouble,
        IReadOnlyList<EnclaveCondition> before,
        DateTimeOffset now)
    {
        (bool? holds, string reason, string message) = type switch
        {
            "Accepted" => refusal is null ? (true, "Accepted", "") : (false, refusal.Reason, refusal.Message),
            "ImageResolved" => current is not null ? (true, "Resolved", $"{current.Deployment.ImageDigest}")
                : refusal is { Reason: "ImageRefused" } ? (false, refusal.Reason, refusal.Message) : ((bool?)null, "Pending", ""),
            "Approved" => current is null ? (null, "Pending", "")
                : current.IsApproved ? (true, "Approved", "")
                : (false, "ApprovalsMissing", $"{Wanted(app!, current)}: qos deploy approve {current.Deployment.Id}"),
            "Booted" => replicas.Any(static replica => replica.State is ReplicaState.AwaitingKey or ReplicaState.AwaitingShares || replica.IsProvisioned)
                ? (true, "DocumentVerified", "") : (false, "NoReplicaBooted", trouble ?? ""),
            "Provisioned" => replicas.Any(static replica => replica.IsProvisioned) ? (true, "HasKey", "")
                : waiting is not null ? (false, "SharesMissing", $"give shares: qos deploy provision {current!.Deployment.Id}") : (false, "NoReplicaHasKey", trouble ?? ""),
            "Ready" => current is not null && ready >= wanted ? (true, "AllReady", "") : (false, "ReplicasNotReady", trouble ?? ""),
            _ => isLive ? (true, "Promoted", "") : (false, current is null ? "Pending" : "NotPromoted", ""),
        };
        string status = holds switch { true => "True", false => "False", null => "Unknown" };
        EnclaveCondition? old = before.FirstOrDefault(condition => condition.Type == type);
        string at = old?.Status == status ? old.LastTransitionTime : now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        return new EnclaveCondition(type, status, reason, message.Length == 0 ? null : message, at, generation);
    }

    private static string Wanted(AppSnapshot app, DeploymentSnapshot current)
    {
        HashSet<string> approved = current.Approvals.Select(static approval => approval.Operator.Id).ToHashSet(StringComparer.Ordinal);
        string[] missing = [.. app.App.ManifestSet.Operators.Where(op => !approved.Contains(op.Id)).Select(static op => op.Name)];
        return WantedMembers.Describe((int)current.Deployment.Manifest.ManifestSet.Threshold - current.Approvals.Count, "approval", "by", missing);
    }

    private static string Of(int given, uint threshold) => string.Create(CultureInfo.InvariantCulture, $"{given}/{threshold}");
}
