using k8s;
using k8s.Models;

namespace Qos.Fleet.Kubernetes.Tests;

/// <summary>What the control service's account may do, asked of the real authorizer: exactly what is written here, in its own namespace alone.</summary>
[Trait("in", "cluster")]
public class AccessTests
{
    private static readonly string[] s_verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];

    // Group, resource, sub-resource: verbs.
    private static readonly Dictionary<(string Group, string Resource, string? Sub), string[]> s_granted = new()
    {
        [("fleet.qos", "enclavedeployments", null)] = ["list", "watch", "patch"],
        [("fleet.qos", "enclavedeployments", "status")] = ["patch"],
        [("apps", "statefulsets", null)] = ["list", "watch", "create", "patch", "delete"],
        [("", "pods", null)] = ["list", "watch", "patch", "delete"],
        [("", "pods", "status")] = ["patch"],
        [("", "pods", "log")] = ["get"],
        [("", "services", null)] = ["list", "watch", "create", "patch", "delete"],
        [("policy", "poddisruptionbudgets", null)] = ["create", "patch"],
        [("networking.k8s.io", "networkpolicies", null)] = ["create", "patch"],
        [("coordination.k8s.io", "leases", null)] = ["create"],
        [("", "events", null)] = ["create"],
    };

    [ClusterFact]
    public async Task Nothing_is_granted_but_what_is_written_down()
    {
        using TestCluster cluster = await TestCluster.MakeAsync();
        IEnumerable<(string, string, string?)> others =
        [
            ("", "secrets", null), ("", "configmaps", null), ("", "serviceaccounts", null), ("", "serviceaccounts", "token"), ("", "nodes", null), ("", "namespaces", null), ("", "endpoints", null),
            ("", "pods", "exec"), ("", "pods", "attach"), ("", "pods", "portforward"), ("", "pods", "eviction"), ("", "pods", "binding"), ("", "pods", "proxy"), ("", "services", "proxy"),
            ("", "persistentvolumeclaims", null), ("apps", "deployments", null), ("apps", "daemonsets", null), ("apps", "statefulsets", "scale"), ("apps", "statefulsets", "status"), ("batch", "jobs", null),
            ("rbac.authorization.k8s.io", "roles", null), ("rbac.authorization.k8s.io", "rolebindings", null), ("rbac.authorization.k8s.io", "clusterroles", null),
            ("apiextensions.k8s.io", "customresourcedefinitions", null), ("admissionregistration.k8s.io", "validatingwebhookconfigurations", null),
            ("fleet.qos", "enclavedeployments", "scale"), ("certificates.k8s.io", "certificatesigningrequests", null),
        ];
        var wrong = new List<string>();
        foreach ((string group, string resource, string? sub) in s_granted.Keys.Concat(others))
        {
            foreach (string verb in s_verbs)
            {
                bool expected = s_granted.TryGetValue((group, resource, sub), out string[]? granted) && granted.Contains(verb);
                if (await MayAsync(cluster, cluster.Namespace, group, resource, sub, verb, null) != expected)
                    wrong.Add($"{verb} {resource}/{sub} in {group}: {(expected ? "refused" : "granted")}");
                if (expected && await MayAsync(cluster, "default", group, resource, sub, verb, null))
                    wrong.Add($"{verb} {resource}/{sub} in another namespace: granted");
            }
        }

        Assert.Empty(wrong);
        Assert.True(await MayAsync(cluster, cluster.Namespace, "coordination.k8s.io", "leases", null, "update", "qos-control"));
        Assert.False(await MayAsync(cluster, cluster.Namespace, "coordination.k8s.io", "leases", null, "update", "another"));
    }

    [ClusterFact]
    public async Task What_is_not_granted_is_refused()
    {
        using TestCluster cluster = await TestCluster.MakeAsync();
        var refused = await Assert.ThrowsAsync<k8s.Autorest.HttpOperationException>(() => cluster.Service.CoreV1.ListNamespacedSecretAsync(cluster.Namespace));
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, refused.Response.StatusCode);
    }

    private static async Task<bool> MayAsync(TestCluster cluster, string ns, string group, string resource, string? sub, string verb, string? name) =>
        (await cluster.Admin.AuthorizationV1.CreateSubjectAccessReviewAsync(new V1SubjectAccessReview
        {
            Spec = new V1SubjectAccessReviewSpec
            {
                User = $"system:serviceaccount:{cluster.Namespace}:qos-control",
                Groups = ["system:serviceaccounts", "system:authenticated"],
                ResourceAttributes = new V1ResourceAttributes { NamespaceProperty = ns, Group = group, Resource = resource, Subresource = sub, Verb = verb, Name = name },
            },
        })).Status.Allowed;
}
