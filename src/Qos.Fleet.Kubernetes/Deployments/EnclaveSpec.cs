using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Qos.Fleet.Kubernetes;

/// <summary>What an EnclaveDeployment asks for. The CRD's schema (deploy/kubernetes/crd.yaml) says the same.</summary>
public sealed record EnclaveSpec
{
    /// <summary>The quorum key, 260 hex digits. It and the sets are the app: they cannot change.</summary>
    public required string QuorumKey { get; init; }

    /// <summary>Who approves.</summary>
    public required EnclaveMembers ManifestSet { get; init; }

    /// <summary>Who holds shares.</summary>
    public required EnclaveMembers ShareSet { get; init; }

    /// <summary>Whether deployments of the app may run in debug mode, from the beginning and for ever.</summary>
    public bool AllowDebugMode { get; init; }

    /// <summary>The enclave image, by the name that the service knows it under.</summary>
    public required string QosVersion { get; init; }

    /// <summary>The container image with the executable.</summary>
    public required string Image { get; init; }

    /// <summary>Docker's config.json for the image's registry, encrypted to the service's key.</summary>
    public string? EncryptedPullSecret { get; init; }

    /// <summary>The executable's path in the image.</summary>
    public required string PivotPath { get; init; }

    /// <summary>Its SHA-256, 64 hex digits.</summary>
    public required string PivotDigest { get; init; }

    /// <summary>Its arguments.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>Its environment.</summary>
    public IReadOnlyList<EnclaveVariable> Env { get; init; } = [];

    /// <summary>The app's port for its users.</summary>
    public required int Port { get; init; }

    /// <summary>How it says that it is well.</summary>
    public EnclaveHealth? Health { get; init; }

    /// <summary>How many replicas are wanted.</summary>
    public int Replicas { get; init; } = 3;

    /// <summary>Whether the app's output can be read.</summary>
    public bool DebugMode { get; init; }

    /// <summary>CPUs of each enclave.</summary>
    public int? Cpus { get; init; }

    /// <summary>Memory of each enclave in GiB.</summary>
    public int? MemoryGib { get; init; }

    /// <summary>Whether traffic goes to a new deployment by itself once all its replicas are ready (<c>Automatic</c>), or when it is promoted (<c>Manual</c>).</summary>
    public string Promotion { get; init; } = "Automatic";

    /// <summary>Reads a spec.</summary>
    /// <exception cref="JsonException">It is not of its form: an object that was kept under another schema.</exception>
    public static EnclaveSpec Parse(string json)
    {
        EnclaveSpec spec = JsonSerializer.Deserialize(json, EnclaveSpecJson.Default.EnclaveSpec) ?? throw new JsonException("the spec is null");

        // The generated reader sets what is not there to null and 0 instead of leaving it.
        return spec with { Args = spec.Args ?? [], Env = spec.Env ?? [], Promotion = spec.Promotion ?? "Automatic", Replicas = spec.Replicas == 0 ? 3 : spec.Replicas };
    }

    /// <summary>What tells one manifest from another: everything but the number of replicas, the promotion and the pull secret.</summary>
    public string ManifestKey() => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(
        this with { Replicas = 0, Promotion = "", EncryptedPullSecret = null }, EnclaveSpecJson.Default.EnclaveSpec)))[..32];
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EnclaveSpec))]
internal sealed partial class EnclaveSpecJson : JsonSerializerContext;
