using System.Text.Json;
using System.Text.Json.Serialization;

namespace Qos.Fleet.Kubernetes;

/// <summary>What an EnclaveDeployment's status says. Nothing is ever decided by it: it is made anew from the store at each look.</summary>
internal sealed record EnclaveStatus
{
    public long ObservedGeneration { get; init; }

    /// <summary>For people, and for the column.</summary>
    public string Phase { get; init; } = "Pending";

    public string? Message { get; init; }

    /// <summary>For the scale sub-resource.</summary>
    public int Replicas { get; init; }

    public int ReadyReplicas { get; init; }

    /// <summary><c>2/3</c>, for the column.</summary>
    public string Ready { get; init; } = "0/0";

    /// <summary>For the scale sub-resource: autoscalers find the pods by it.</summary>
    public string? Selector { get; init; }

    /// <summary>Approvals of the manifest, of how many: <c>1/2</c>.</summary>
    public string? Approvals { get; init; }

    /// <summary>Shares that were given, of how many, while a replica waits for them.</summary>
    public string? Shares { get; init; }

    public string? AppId { get; init; }

    /// <summary>The deployment of the present spec: what <c>qos deploy approve</c> and <c>provision</c> are given.</summary>
    public string? DeploymentId { get; init; }

    public string? ManifestHash { get; init; }

    public string? ImageDigest { get; init; }

    /// <summary>The deployment that has the traffic.</summary>
    public string? LiveDeploymentId { get; init; }

    /// <summary>Whether that is the present spec's: <c>True</c> or <c>False</c>, for the column.</summary>
    public string Live { get; init; } = "False";

    public string? ServiceName { get; init; }

    public IReadOnlyList<EnclaveCondition> Conditions { get; init; } = [];
}

/// <summary>A condition of the usual form.</summary>
internal sealed record EnclaveCondition(string Type, string Status, string Reason, string? Message, string LastTransitionTime, long ObservedGeneration);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EnclaveStatus))]
internal sealed partial class EnclaveStatusJson : JsonSerializerContext;
