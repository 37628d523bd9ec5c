using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>A node's status in JSON. Ours; see <c>docs/protocol-notes.md</c>.</summary>
internal static class NodeStatusJson
{
    internal static NodeStatus Read(ref QosJsonReader reader)
    {
        ProtocolPhase? phase = null;
        ShareStatus? shares = null;
        PivotStatus? pivot = null;
        ReadOnlyMemory<byte>? manifestHash = null;
        ReadOnlyMemory<byte>? ephemeralKey = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("phase"u8))
                phase = JsonVariants.ReadPhase(ref reader);
            else if (name.SequenceEqual("shares"u8))
                shares = reader.TryReadNull() ? null : ReadShares(ref reader);
            else if (name.SequenceEqual("pivot"u8))
                pivot = reader.TryReadNull() ? null : ReadPivot(ref reader);
            else if (name.SequenceEqual("manifest_hash"u8))
                manifestHash = reader.ReadHex(ProtocolLimits.MaxKeyBytes);
            else if (name.SequenceEqual("ephemeral_key"u8))
                ephemeralKey = reader.ReadHex(ProtocolLimits.MaxKeyBytes);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new NodeStatus(phase ?? throw JsonMembers.Missing(ref reader, "phase"), shares, pivot)
        {
            ManifestHash = manifestHash,
            EphemeralKey = ephemeralKey,
        };
    }

    internal static void Write(QosJsonWriter writer, NodeStatus status)
    {
        writer.BeginObject();
        writer.WritePropertyName("phase"u8);
        writer.WriteString(PhaseText.Format(status.Phase));
        if (status.ManifestHash is { } hash)
        {
            writer.WritePropertyName("manifest_hash"u8);
            writer.WriteHex(hash.Span);
        }

        if (status.EphemeralKey is { } key)
        {
            writer.WritePropertyName("ephemeral_key"u8);
            writer.WriteHex(key.Span);
        }

        if (status.Shares is { } shares)
        {
            writer.WritePropertyName("shares"u8);
            writer.BeginObject();
            writer.WritePropertyName("threshold"u8);
            writer.WriteInteger((ulong)shares.Threshold);
            writer.WritePropertyName("received"u8);
            JsonMembers.WriteList(writer, shares.Received, static (writer, alias) => writer.WriteString(alias));
            writer.WritePropertyName("missing"u8);
            JsonMembers.WriteList(writer, shares.Missing, static (writer, alias) => writer.WriteString(alias));
            writer.EndObject();
        }

        if (status.Pivot is { } pivot)
        {
            writer.WritePropertyName("pivot"u8);
            WritePivot(writer, pivot);
        }

        writer.EndObject();
    }

    private static ShareStatus ReadShares(ref QosJsonReader reader)
    {
        uint? threshold = null;
        List<string>? received = null;
        List<string>? missing = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("threshold"u8))
                threshold = reader.ReadUInt32();
            else if (name.SequenceEqual("received"u8))
                received = JsonMembers.ReadList(ref reader, ProtocolLimits.MaxMembers, ReadAlias);
            else if (name.SequenceEqual("missing"u8))
                missing = JsonMembers.ReadList(ref reader, ProtocolLimits.MaxMembers, ReadAlias);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new ShareStatus(
            threshold ?? throw JsonMembers.Missing(ref reader, "threshold"),
            received ?? throw JsonMembers.Missing(ref reader, "received"),
            missing ?? throw JsonMembers.Missing(ref reader, "missing"));
    }

    private static string ReadAlias(ref QosJsonReader reader) => reader.ReadString(ProtocolLimits.MaxNameBytes);

    private static PivotStatus ReadPivot(ref QosJsonReader reader)
    {
        PivotState? state = null;
        uint? restarts = null;
        PivotExit? lastExit = null;
        string? reason = null;
        List<BridgeStatus> bridges = [];
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("state"u8))
                state = ReadState(ref reader);
            else if (name.SequenceEqual("restarts"u8))
                restarts = reader.ReadUInt32();
            else if (name.SequenceEqual("last_exit"u8))
                lastExit = reader.TryReadNull() ? null : ReadExit(ref reader);
            else if (name.SequenceEqual("reason"u8))
                reason = reader.TryReadNull() ? null : reader.ReadString(PivotStatus.MaxReasonBytes);
            else if (name.SequenceEqual("bridges"u8))
                bridges = JsonMembers.ReadList(ref reader, ProtocolLimits.MaxBridges, ReadBridge);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new PivotStatus(
            state ?? throw JsonMembers.Missing(ref reader, "state"),
            restarts ?? throw JsonMembers.Missing(ref reader, "restarts"),
            lastExit)
        {
            Reason = reason,
            Bridges = bridges,
        };
    }

    private static void WritePivot(QosJsonWriter writer, PivotStatus pivot)
    {
        writer.BeginObject();
        writer.WritePropertyName("state"u8);
        writer.WriteString(pivot.State switch
        {
            PivotState.Running => "running",
            PivotState.Restarting => "restarting",
            PivotState.Exited => "exited",
            PivotState.Failed => "failed",
            _ => "waiting",
        });
        writer.WritePropertyName("restarts"u8);
        writer.WriteInteger((ulong)pivot.Restarts);
        if (pivot.LastExit is { } exit)
        {
            writer.WritePropertyName("last_exit"u8);
            writer.BeginObject();
            writer.WritePropertyName(exit.Signal is null ? "code"u8 : "signal"u8);
            writer.WriteInteger((ulong)(ushort)(exit.Signal ?? exit.Code ?? 0));
            writer.EndObject();
        }

        if (pivot.Reason is { } reason)
        {
            writer.WritePropertyName("reason"u8);
            writer.WriteString(reason);
        }

        if (pivot.Bridges.Count > 0)
        {
            writer.WritePropertyName("bridges"u8);
            JsonMembers.WriteList(writer, pivot.Bridges, WriteBridge);
        }

        writer.EndObject();
    }

    private static BridgeStatus ReadBridge(ref QosJsonReader reader)
    {
        bool? isServer = null;
        ushort? port = null;
        string? problem = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("type"u8))
                isServer = reader.ReadString(16) switch { "server" => true, "client" => false, _ => throw reader.Error("unknown kind of bridge") };
            else if (name.SequenceEqual("port"u8))
                port = reader.ReadUInt16();
            else if (name.SequenceEqual("problem"u8))
                problem = reader.TryReadNull() ? null : reader.ReadString(PivotStatus.MaxReasonBytes);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new BridgeStatus(
            isServer ?? throw JsonMembers.Missing(ref reader, "type"),
            port ?? throw JsonMembers.Missing(ref reader, "port"),
            problem);
    }

    private static void WriteBridge(QosJsonWriter writer, BridgeStatus bridge)
    {
        writer.BeginObject();
        writer.WritePropertyName("type"u8);
        writer.WriteString(bridge.IsServer ? "server" : "client");
        writer.WritePropertyName("port"u8);
        writer.WriteInteger((ulong)bridge.Port);
        if (bridge.Problem is { } problem)
        {
            writer.WritePropertyName("problem"u8);
            writer.WriteString(problem);
        }

        writer.EndObject();
    }

    private static PivotState ReadState(ref QosJsonReader reader) => reader.ReadString(16) switch
    {
        "waiting" => PivotState.Waiting,
        "running" => PivotState.Running,
        "restarting" => PivotState.Restarting,
        "exited" => PivotState.Exited,
        "failed" => PivotState.Failed,
        _ => throw reader.Error("unknown state of the pivot"),
    };

    private static PivotExit ReadExit(ref QosJsonReader reader)
    {
        PivotExit exit = JsonVariants.Open(ref reader) switch
        {
            "code" => new PivotExit(reader.ReadUInt16(), null),
            "signal" => new PivotExit(null, reader.ReadUInt16()),
            _ => throw reader.Error("expected \"code\" or \"signal\""),
        };
        JsonVariants.Close(ref reader);
        return exit;
    }
}
