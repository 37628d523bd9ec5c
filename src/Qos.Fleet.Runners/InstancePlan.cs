using System.Text.Json;
using System.Text.Json.Serialization;

namespace Qos.Fleet.Runners;

/// <summary>What a runner writes down before it starts anything for a replica.</summary>
/// <param name="Launch">What was asked for.</param>
/// <param name="HostPort">Where its host listens.</param>
/// <param name="Ports">Where the app's ports are published, by the manifest's port.</param>
/// <param name="ContextId">The enclave's vsock number; null where there is none.</param>
internal sealed record InstancePlan(ReplicaLaunch Launch, int HostPort, IReadOnlyDictionary<ushort, int> Ports, uint? ContextId = null)
{
    public const string FileName = "instance.json";

    /// <summary>Reads a folder's plan; null when there is none that is whole.</summary>
    public static InstancePlan? Read(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, FileName)), InstanceJson.Default.InstancePlan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes it, whole or not at all.</summary>
    public void Write(string folder)
    {
        string draft = Path.Combine(folder, FileName + ".new");
        using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, this, InstanceJson.Default.InstancePlan);
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, Path.Combine(folder, FileName), overwrite: true);
    }
}

[JsonSerializable(typeof(InstancePlan))]
internal sealed partial class InstanceJson : JsonSerializerContext;
