using System.Reflection;
using System.Text.Json.Serialization;
using k8s.Models;
using Qos.Fleet.World;
using YamlDotNet.RepresentationModel;

namespace Qos.Fleet.Kubernetes.Tests;

/// <summary>Every member of deploy/kubernetes and of what the runner applies exists in the current API's models: the cluster of the other tests is an old one.</summary>
public class ManifestTests
{
    [Theory]
    [InlineData("crd.yaml")]
    [InlineData("rbac.yaml")]
    [InlineData("control.yaml")]
    [InlineData("namespace.yaml")]
    public void Every_member_of_our_manifests_is_one_of_the_current_API(string file)
    {
        var unknown = new List<string>();
        int seen = 0;
        foreach (YamlMappingNode item in Load(file))
            seen += Check(item, Model(Text(item, "apiVersion"), Text(item, "kind")), Text(item, "kind"), unknown);
        Assert.Empty(unknown);
        Assert.True(seen >= 5, $"only {seen} members were looked at");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_runner_applies_is_whole_and_locked_down(bool simulated)
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        Deployment deployment = await world.DeployAsync(replicas: 1);
        var options = new KubernetesRunnerOptions
        {
            Namespace = "qos",
            Fleet = "test",
            NodeImage = "qos-node",
            SimulatorAuthority = simulated ? "authority" : null,
            Measurements = new Dictionary<string, IReadOnlyDictionary<int, byte[]>> { ["test"] = FleetWorld.Pcrs },
            EnclaveImages = new Dictionary<string, string> { ["test"] = "/eif/qos.eif" },
        };
        V1PodSpec pod = ReplicaPods.Set(options, deployment, 1).Spec.Template.Spec;
        Assert.False(pod.AutomountServiceAccountToken);
        Assert.Equal(simulated, pod.SecurityContext.RunAsNonRoot == true && pod.SecurityContext.SeccompProfile.Type == "RuntimeDefault");
        Assert.All(pod.Containers, static container =>
        {
            Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
            Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
            Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
            Assert.Null(container.SecurityContext.Privileged);
        });
        V1Container host = pod.Containers.Single(static container => container.Name == PodView.HostContainer);
        Assert.All((V1Probe[])[host.StartupProbe, host.LivenessProbe, host.ReadinessProbe], static probe => Assert.Equal("health", (string)probe.HttpGet.Port));
        Assert.Equal("/readyz", host.ReadinessProbe.HttpGet.Path);
        Assert.Equal("/healthz", host.LivenessProbe.HttpGet.Path);
        Assert.NotNull(host.Lifecycle.PreStop);
        Assert.Equal(simulated ? null : "1", host.Resources.Limits.TryGetValue("aws.ec2.nitro/nitro_enclaves", out ResourceQuantity? enclaves) ? enclaves.ToString() : null);
        Assert.Contains("app-3000", host.Ports.Select(static port => port.Name));
        V1NetworkPolicy policy = AroundPods.Policy(options, deployment, new V1OwnerReference());
        V1NetworkPolicyIngressRule control = Assert.Single(policy.Spec.Ingress, static rule => rule.Ports.Any(static port => port.Port == "control"));
        Assert.Equal("qos-control", Assert.Single(control.FromProperty).PodSelector.MatchLabels["app.kubernetes.io/name"]);
        V1PodDisruptionBudget budget = AroundPods.Budget(options, deployment, new V1OwnerReference(), "policy/v1", 1);
        Assert.Equal("1", (string)budget.Spec.MinAvailable);
    }

    [Fact]
    public void The_schema_and_the_types_have_the_same_members()
    {
        var schema = (YamlMappingNode)Load("crd.yaml").Single()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"];
        Assert.Equal(Members(typeof(EnclaveSpec)), Names(schema["spec"]["properties"]));
        Assert.Equal(Members(typeof(EnclaveStatus)), Names(schema["status"]["properties"]));
        Assert.Equal(Members(typeof(EnclaveCondition)), Names(schema["status"]["properties"]["conditions"]["items"]["properties"]));
    }

    private static IEnumerable<string> Members(Type type) => type.GetProperties().Where(static p => p.Name != "EqualityContract")
        .Select(static p => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(p.Name)).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Names(YamlNode node) => ((YamlMappingNode)node).Children.Keys.Select(static key => ((YamlScalarNode)key).Value!).Order(StringComparer.Ordinal);

    private static IEnumerable<YamlMappingNode> Load(string file)
    {
        var yaml = new YamlStream();
        using var reader = new StreamReader(TestCluster.Deploy(file));
        yaml.Load(new YamlDotNet.Core.MergingParser(new YamlDotNet.Core.Parser(reader)));
        return yaml.Documents.Select(static document => (YamlMappingNode)document.RootNode);
    }

    private static string Text(YamlMappingNode node, string name) => ((YamlScalarNode)node[name]).Value!;

    private static Type Model(string apiVersion, string kind)
    {
        string[] parts = apiVersion.Split('/');
        return typeof(V1Pod).Assembly.GetExportedTypes().Single(type => type.GetCustomAttribute<KubernetesEntityAttribute>() is { } entity
            && entity.Kind == kind && entity.ApiVersion == parts[^1] && entity.Group == (parts.Length == 2 ? parts[0] : ""));
    }

    private static int Check(YamlNode node, Type type, string path, List<string> unknown)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (node is YamlSequenceNode list && type.IsGenericType)
            return list.Children.Sum(item => Check(item, type.GetGenericArguments()[0], path + "[]", unknown));
        if (node is not YamlMappingNode map)
            return 0;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IDictionary<,>))
            return map.Children.Sum(pair => Check(pair.Value, type.GetGenericArguments()[1], $"{path}.{pair.Key}", unknown));
        if (type.Namespace != typeof(V1Pod).Namespace || type == typeof(IntOrString) || type == typeof(ResourceQuantity))
            return 0;
        int seen = 0;
        foreach ((YamlNode key, YamlNode value) in map.Children)
        {
            string name = ((YamlScalarNode)key).Value!;
            PropertyInfo? member = type.GetProperties().FirstOrDefault(p => p.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name == name);
            if (member is null)
                unknown.Add($"{path}.{name}");
            else
                seen += 1 + Check(value, member.PropertyType, $"{path}.{name}", unknown);
        }

        return seen;
    }
}
