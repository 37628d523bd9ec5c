using System.Text.Json;
using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace Qos.Fleet.Kubernetes;

/// <summary>An EnclaveDeployment as the API server has it. Its parts are read one object at a time: one that is odd holds up no other.</summary>
internal sealed class EnclaveDeployment : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = $"{KubernetesNames.Group}/{KubernetesNames.Version}";

    public string Kind { get; set; } = "EnclaveDeployment";

    public V1ObjectMeta Metadata { get; set; } = new();

    public JsonElement Spec { get; set; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public JsonElement Status { get; set; }
}

/// <summary>A list of them.</summary>
internal sealed class EnclaveDeploymentList : IKubernetesObject<V1ListMeta>, IItems<EnclaveDeployment>
{
    public string ApiVersion { get; set; } = $"{KubernetesNames.Group}/{KubernetesNames.Version}";

    public string Kind { get; set; } = "EnclaveDeploymentList";

    public V1ListMeta Metadata { get; set; } = new();

    public IList<EnclaveDeployment> Items { get; set; } = [];
}

/// <summary>What the controller needs of one.</summary>
internal sealed record EnclaveDeploymentView(string Name, string Uid, long Generation, bool IsGoing, string Finalizers, string Spec, string? Status)
{
    public bool HasFinalizer => Finalizers.Split(' ').Contains(KubernetesNames.Finalizer);

    public static EnclaveDeploymentView Of(EnclaveDeployment item) => new(
        item.Metadata.Name,
        item.Metadata.Uid,
        item.Metadata.Generation ?? 0,
        item.Metadata.DeletionTimestamp is not null,
        string.Join(' ', item.Metadata.Finalizers ?? []),
        item.Spec.ValueKind == JsonValueKind.Object ? item.Spec.GetRawText() : "{}",
        item.Status.ValueKind == JsonValueKind.Object ? item.Status.GetRawText() : null);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EnclaveDeploymentList))]
internal sealed partial class EnclaveDeploymentJson : JsonSerializerContext;
