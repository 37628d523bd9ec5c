using System.Text;
using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>The pivot in JSON, all versions in one reader that remembers what was there. Format: docs/protocol/manifest.md.</summary>
internal static class PivotJson
{
    /// <summary>A pivot and which of the members that tell versions apart it had.</summary>
    internal sealed record Parsed(PivotConfig Pivot, bool HasBridgeConfig, bool HasDebugMode, bool HasEnv);

    internal static Parsed Read(ref QosJsonReader reader)
    {
        byte[]? hash = null;
        RestartPolicy? restart = null;
        List<BridgeConfig>? bridges = null;
        bool? debugMode = null;
        List<string>? args = null;
        SortedDictionary<string, string>? env = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("hash"u8))
                reader.ReadHex((hash = new byte[32]).AsSpan());
            else if (name.SequenceEqual("restart"u8))
                restart = ReadRestart(ref reader);
            else if (name.SequenceEqual("bridgeConfig"u8))
                bridges = JsonMembers.ReadList(ref reader, ProtocolLimits.MaxBridges, BridgeJson.Read);
            else if (name.SequenceEqual("debugMode"u8))
                debugMode = reader.ReadBool();
            else if (name.SequenceEqual("args"u8))
                args = JsonMembers.ReadList(ref reader, ProtocolLimits.MaxArgs, ReadArg);
            else if (name.SequenceEqual("env"u8))
                env = ReadEnv(ref reader);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        var pivot = new PivotConfig
        {
            Hash = hash ?? throw JsonMembers.Missing(ref reader, "hash"),
            Restart = restart ?? throw JsonMembers.Missing(ref reader, "restart"),
            BridgeConfig = bridges ?? [],
            DebugMode = debugMode ?? false,
            Args = args ?? throw JsonMembers.Missing(ref reader, "args"),
        };
        if (env is { Count: > 0 })
            pivot = pivot with { Env = env };
        return new Parsed(pivot, bridges is not null, debugMode is not null, env is not null);
    }

    internal static void Write(QosJsonWriter writer, PivotConfig pivot, ManifestVersion version)
    {
        writer.BeginObject();
        writer.WritePropertyName("hash"u8);
        writer.WriteHex(pivot.Hash.Span);
        writer.WritePropertyName("restart"u8);
        writer.WriteString(pivot.Restart == RestartPolicy.Always ? "Always" : "Never");
        if (version != ManifestVersion.V0)
        {
            writer.WritePropertyName("bridgeConfig"u8);
            JsonMembers.WriteList(writer, pivot.BridgeConfig, BridgeJson.Write);
            writer.WritePropertyName("debugMode"u8);
            writer.WriteBool(pivot.DebugMode);
        }

        writer.WritePropertyName("args"u8);
        JsonMembers.WriteList(writer, pivot.Args, static (writer, arg) => writer.WriteString(arg));
        if (version == ManifestVersion.V2 && pivot.Env.Count > 0)
        {
            writer.WritePropertyName("env"u8);
            WriteEnv(writer, pivot.Env);
        }

        writer.EndObject();
    }

    private static RestartPolicy ReadRestart(ref QosJsonReader reader) => reader.ReadString(16) switch
    {
        "Never" => RestartPolicy.Never,
        "Always" => RestartPolicy.Always,
        _ => throw reader.Error("\"restart\" must be \"Never\" or \"Always\""),
    };

    private static string ReadArg(ref QosJsonReader reader) => reader.ReadString(ProtocolLimits.MaxArgBytes);

    private static SortedDictionary<string, string> ReadEnv(ref QosJsonReader reader)
    {
        var env = new SortedDictionary<string, string>(StringComparer.Ordinal);
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (env.Count == ProtocolLimits.MaxEnvironmentVariablesRead || name.Length > ProtocolLimits.MaxEnvironmentBytesRead)
                throw reader.Error("the environment is far above its limits");
            string key = Encoding.UTF8.GetString(name);
            env.Add(key, ReadPlainValue(ref reader));
        }

        return env;
    }

    private static string ReadPlainValue(ref QosJsonReader reader)
    {
        string? value = null;
        bool plain = false;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (!name.SequenceEqual("plain"u8))
                throw JsonMembers.Unknown(ref reader, name);
            plain = true;
            reader.BeginObject();
            while (reader.NextMember(out ReadOnlySpan<byte> inner))
            {
                if (!inner.SequenceEqual("value"u8))
                    throw JsonMembers.Unknown(ref reader, inner);
                value = reader.ReadString(ProtocolLimits.MaxEnvironmentBytesRead);
            }
        }

        return value ?? throw JsonMembers.Missing(ref reader, plain ? "value" : "plain");
    }

    private static void WriteEnv(QosJsonWriter writer, IReadOnlyDictionary<string, string> env)
    {
        writer.BeginObject();
        foreach ((string name, string value) in env.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            writer.WritePropertyName(name);
            writer.BeginObject();
            writer.WritePropertyName("plain"u8);
            writer.BeginObject();
            writer.WritePropertyName("value"u8);
            writer.WriteString(value);
            writer.EndObject();
            writer.EndObject();
        }

        writer.EndObject();
    }
}
