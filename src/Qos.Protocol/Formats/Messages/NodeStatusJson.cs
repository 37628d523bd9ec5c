using Qos.Encoding;

namespace Qos.Protocol;

/// <summary>A node's status in JSON. Ours; see <c>docs/protocol-notes.md</c>.</summary>
internal static class NodeStatusJson
{
    internal static NodeStatus Read(ref QosJsonReader reader)
    {
        ProtocolPhase? phase = null;
        ShareStatus? shares = null;
        PivotReport? pivot = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("phase"u8))
                phase = JsonVariants.ReadPhase(ref reader);
            else if (name.SequenceEqual("shares"u8))
                shares = reader.TryReadNull() ? null : ReadShares(ref reader);
            else if (name.SequenceEqual("pivot"u8))
                pivot = reader.TryReadNull() ? null : ReadPivot(ref reader);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new NodeStatus(phase ?? throw JsonMembers.Missing(ref reader, "phase"), shares, pivot);
    }

    internal static void Write(QosJsonWriter writer, NodeStatus status)
    {
        writer.BeginObject();
        writer.Name("phase"u8);
        writer.String(PhaseText.Format(status.Phase));
        if (status.Shares is { } shares)
        {
            writer.Name("shares"u8);
            writer.BeginObject();
            writer.Name("threshold"u8);
            writer.Integer((ulong)shares.Threshold);
            writer.Name("received"u8);
            JsonMembers.WriteList(writer, shares.Received, static (writer, alias) => writer.String(alias));
            writer.Name("missing"u8);
            JsonMembers.WriteList(writer, shares.Missing, static (writer, alias) => writer.String(alias));
            writer.EndObject();
        }

        if (status.Pivot is { } pivot)
        {
            writer.Name("pivot"u8);
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

    private static PivotReport ReadPivot(ref QosJsonReader reader)
    {
        PivotActivity? state = null;
        uint? restarts = null;
        int? code = null;
        int? signal = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("state"u8))
                state = ReadState(ref reader);
            else if (name.SequenceEqual("restarts"u8))
                restarts = reader.ReadUInt32();
            else if (name.SequenceEqual("last_exit"u8))
                (code, signal) = reader.TryReadNull() ? (null, null) : ReadExit(ref reader);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new PivotReport(
            state ?? throw JsonMembers.Missing(ref reader, "state"),
            restarts ?? throw JsonMembers.Missing(ref reader, "restarts"),
            code,
            signal);
    }

    private static void WritePivot(QosJsonWriter writer, PivotReport pivot)
    {
        writer.BeginObject();
        writer.Name("state"u8);
        writer.String(pivot.State switch
        {
            PivotActivity.Running => "running",
            PivotActivity.Restarting => "restarting",
            PivotActivity.Exited => "exited",
            PivotActivity.Failed => "failed",
            _ => "waiting",
        });
        writer.Name("restarts"u8);
        writer.Integer((ulong)pivot.Restarts);
        if ((pivot.ExitSignal ?? pivot.ExitCode) is { } number)
        {
            writer.Name("last_exit"u8);
            writer.BeginObject();
            writer.Name(pivot.ExitSignal is null ? "code"u8 : "signal"u8);
            writer.Integer((ulong)(ushort)number);
            writer.EndObject();
        }

        writer.EndObject();
    }

    private static PivotActivity ReadState(ref QosJsonReader reader) => reader.ReadString(16) switch
    {
        "waiting" => PivotActivity.Waiting,
        "running" => PivotActivity.Running,
        "restarting" => PivotActivity.Restarting,
        "exited" => PivotActivity.Exited,
        "failed" => PivotActivity.Failed,
        _ => throw reader.Error("unknown state of the pivot"),
    };

    private static (int? Code, int? Signal) ReadExit(ref QosJsonReader reader)
    {
        (int? Code, int? Signal) exit = JsonVariants.Open(ref reader) switch
        {
            "code" => (reader.ReadUInt16(), null),
            "signal" => (null, reader.ReadUInt16()),
            _ => throw reader.Error("expected \"code\" or \"signal\""),
        };
        JsonVariants.Close(ref reader);
        return exit;
    }
}
