using Qos.Keys;
using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>
/// Errors in JSON: a string, or an object of one member when they carry something; two unnamed values are an array.
/// Format: docs/protocol/messages.md, Errors.
/// </summary>
internal static class ErrorJson
{
    internal static ProtocolError Read(ref QosJsonReader reader)
    {
        if (reader.PeekKind() == JsonKind.String)
        {
            ProtocolErrorCode unit = ErrorNames.Code(ref reader, reader.ReadString(64));
            return ProtocolError.ShapeOf(unit) == ProtocolErrorShape.Unit
                ? new ProtocolError(unit)
                : throw reader.Error($"{unit} carries something");
        }

        ProtocolErrorCode code = ErrorNames.Code(ref reader, JsonVariants.Open(ref reader));
        var error = new ProtocolError(code, ReadPayload(ref reader, code));
        JsonVariants.Close(ref reader);
        return error;
    }

    internal static void Write(QosJsonWriter writer, ProtocolError error)
    {
        if (error.Payload is null)
        {
            writer.WriteString(error.Code.ToString());
            return;
        }

        writer.BeginObject();
        writer.WritePropertyName(error.Code.ToString());
        WritePayload(writer, error.Payload);
        writer.EndObject();
    }

    private static ProtocolErrorPayload ReadPayload(ref QosJsonReader reader, ProtocolErrorCode code) => ProtocolError.ShapeOf(code) switch
    {
        ProtocolErrorShape.Text => new ProtocolErrorPayload.Text(reader.ReadString(ProtocolLimits.MaxTextBytes)),
        ProtocolErrorShape.Phase => new ProtocolErrorPayload.Phase(JsonVariants.ReadPhase(ref reader)),
        ProtocolErrorShape.Transition => ReadTransition(ref reader),
        ProtocolErrorShape.Different => ReadDifferent(ref reader),
        ProtocolErrorShape.Nonces => ReadNonces(ref reader),
        ProtocolErrorShape.Approval => new ProtocolErrorPayload.InvalidApproval(EnvelopeJson.ReadApproval(ref reader)),
        ProtocolErrorShape.Key => ReadKey(ref reader),
        _ => throw reader.Error($"{code} carries nothing"),
    };

    private static void WritePayload(QosJsonWriter writer, ProtocolErrorPayload payload)
    {
        switch (payload)
        {
            case ProtocolErrorPayload.Text text:
                writer.WriteString(text.Value);
                break;
            case ProtocolErrorPayload.Phase phase:
                writer.WriteString(PhaseText.Format(phase.Value));
                break;
            case ProtocolErrorPayload.Transition change:
                writer.BeginArray();
                writer.WriteString(PhaseText.Format(change.From));
                writer.WriteString(PhaseText.Format(change.To));
                writer.EndArray();
                break;
            case ProtocolErrorPayload.Different two:
                writer.BeginObject();
                writer.WritePropertyName("actual"u8);
                writer.WriteString(two.Actual);
                writer.WritePropertyName("expected"u8);
                writer.WriteString(two.Expected);
                writer.EndObject();
                break;
            case ProtocolErrorPayload.Nonces two:
                writer.BeginObject();
                writer.WritePropertyName("actual"u8);
                writer.WriteInteger((ulong)two.Actual);
                writer.WritePropertyName("expected"u8);
                writer.WriteInteger((ulong)two.Expected);
                writer.EndObject();
                break;
            case ProtocolErrorPayload.InvalidApproval approval:
                writer.WriteRaw(JsonMembers.Canonical(approval.Value, EnvelopeJson.WriteApproval));
                break;
            case ProtocolErrorPayload.Key { Message: { } message } key:
                writer.BeginObject();
                writer.WritePropertyName(key.Error.ToString());
                writer.WriteString(message);
                writer.EndObject();
                break;
            case ProtocolErrorPayload.Key key:
                writer.WriteString(key.Error.ToString());
                break;
        }
    }

    private static ProtocolErrorPayload.Transition ReadTransition(ref QosJsonReader reader)
    {
        List<ProtocolPhase> phases = JsonMembers.ReadList(ref reader, 2, JsonVariants.ReadPhase);
        return phases.Count == 2
            ? new ProtocolErrorPayload.Transition(phases[0], phases[1])
            : throw reader.Error("expected two phases");
    }

    private static ProtocolErrorPayload.Different ReadDifferent(ref QosJsonReader reader)
    {
        string? expected = null;
        string? actual = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("expected"u8))
                expected = reader.ReadString(ProtocolLimits.MaxTextBytes);
            else if (name.SequenceEqual("actual"u8))
                actual = reader.ReadString(ProtocolLimits.MaxTextBytes);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new ProtocolErrorPayload.Different(
            expected ?? throw JsonMembers.Missing(ref reader, "expected"),
            actual ?? throw JsonMembers.Missing(ref reader, "actual"));
    }

    private static ProtocolErrorPayload.Nonces ReadNonces(ref QosJsonReader reader)
    {
        uint? expected = null;
        uint? actual = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("expected"u8))
                expected = reader.ReadUInt32();
            else if (name.SequenceEqual("actual"u8))
                actual = reader.ReadUInt32();
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new ProtocolErrorPayload.Nonces(
            expected ?? throw JsonMembers.Missing(ref reader, "expected"),
            actual ?? throw JsonMembers.Missing(ref reader, "actual"));
    }

    private static ProtocolErrorPayload.Key ReadKey(ref QosJsonReader reader)
    {
        if (reader.PeekKind() == JsonKind.String)
        {
            KeyError unit = ErrorNames.KeyError(ref reader, reader.ReadString(64));
            return ErrorNames.CarriesText(unit)
                ? throw reader.Error($"{unit} carries a text")
                : new ProtocolErrorPayload.Key(unit, null);
        }

        KeyError error = ErrorNames.KeyError(ref reader, JsonVariants.Open(ref reader));
        if (!ErrorNames.CarriesText(error))
            throw reader.Error($"{error} carries nothing");
        string text = reader.ReadString(ProtocolLimits.MaxTextBytes);
        JsonVariants.Close(ref reader);
        return new ProtocolErrorPayload.Key(error, text);
    }
}
