using System.Text.Json;
using Qos.Vectors;

namespace Qos.Nsm.Tests;

/// <summary>The real documents of <c>attestation/</c> with what their manifest says of them.</summary>
public static class AttestationVectors
{
    public sealed record Entry(
        string File, ulong TimestampMs, string ModuleId, int PcrCount, bool Valid, long Time, long WindowStart, long WindowEnd,
        string? UserData, string? PublicKey, string? Nonce, IReadOnlyDictionary<int, string> NonZeroPcrs)
    {
        public byte[] Bytes => VectorFiles.Bytes("attestation", File);

        public override string ToString() => File;
    }

    public static IReadOnlyList<Entry> All { get; } = Load();

    public static TheoryData<string> Files => [.. All.Select(entry => entry.File)];

    public static TheoryData<string> ValidFiles => [.. All.Where(entry => entry.Valid).Select(entry => entry.File)];

    public static Entry Of(string file) => All.Single(entry => entry.File == file);

    private static List<Entry> Load()
    {
        using JsonDocument manifest = JsonDocument.Parse(VectorFiles.Bytes("attestation", "manifest.json"));
        return [.. manifest.RootElement.EnumerateArray().Select(e => new Entry(
            e.GetProperty("file").GetString()!,
            e.GetProperty("timestamp_ms").GetUInt64(),
            e.GetProperty("module_id").GetString()!,
            e.GetProperty("npcrs").GetInt32(),
            e.GetProperty("expected").GetString()!.StartsWith("valid", StringComparison.Ordinal),
            e.GetProperty("validation_time_unix").GetInt64(),
            e.GetProperty("valid_window_unix")[0].GetInt64(),
            e.GetProperty("valid_window_unix")[1].GetInt64(),
            e.GetProperty("user_data").GetString(),
            e.GetProperty("public_key").GetString(),
            e.GetProperty("nonce").GetString(),
            e.GetProperty("pcrs_nonzero").EnumerateObject().ToDictionary(p => int.Parse(p.Name), p => p.Value.GetString()!)))];
    }
}
