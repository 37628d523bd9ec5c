using Qos.Protocol;

namespace Qos.Fleet;

/// <summary>Which replicas may give a deployment's nodes the key, as far as manifests say: the node with the key decides itself.</summary>
public static class Forwarding
{
    /// <summary>The replicas that may be asked, the best first: of the same deployment, ready ones before others.</summary>
    public static IReadOnlyList<Replica> Donors(AppSnapshot app, Deployment target)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(target);
        var allowed = new Dictionary<string, bool>(StringComparer.Ordinal);
        return
        [
            .. app.Replicas
                .Where(replica => replica.IsProvisioned && IsAllowed(replica.DeploymentId))
                .OrderBy(replica => replica.DeploymentId == target.Id ? 0 : 1)
                .ThenBy(static replica => replica.State == ReplicaState.Ready ? 0 : 1)
                .ThenBy(static replica => replica.Slot),
        ];

        bool IsAllowed(string deploymentId)
        {
            if (!allowed.TryGetValue(deploymentId, out bool answer))
            {
                answer = app.Deployments.FirstOrDefault(d => d.Deployment.Id == deploymentId) is { } source
                    && ForwardChecks.Differences(source.Deployment.Manifest, target.Manifest).Count == 0;
                allowed.Add(deploymentId, answer);
            }

            return answer;
        }
    }

    /// <summary>Why a node of one manifest would not give its key to one of another; empty when it would. See docs/forwarding.md.</summary>
    public static IReadOnlyList<ProtocolError> Obstacles(Manifest current, Manifest next) => ForwardChecks.Differences(current, next);
}
