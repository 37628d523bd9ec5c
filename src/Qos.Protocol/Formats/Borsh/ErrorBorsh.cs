using Qos.Keys;
using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>Errors in Borsh. Format: docs/protocol/messages.md, Errors.</summary>
internal static class ErrorBorsh
{
    private const int PhaseCount = 6;

    internal static ProtocolError Read(ref BorshReader reader)
    {
        var code = (ProtocolErrorCode)reader.ReadVariant(ErrorNames.CodeCount);
        return new ProtocolError(code, ReadPayload(ref reader, ProtocolError.ShapeOf(code)));
    }

    internal static void Write(BorshWriter writer, ProtocolError error)
    {
        writer.WriteVariant((int)error.Code);
        switch (error.Payload)
        {
            case ProtocolErrorPayload.Text text:
                writer.WriteString(text.Value);
                break;
            case ProtocolErrorPayload.Phase phase:
                writer.WriteVariant((int)phase.Value);
                break;
            case ProtocolErrorPayload.Transition change:
                writer.WriteVariant((int)change.From);
                writer.WriteVariant((int)change.To);
                break;
            case ProtocolErrorPayload.Different two:
                writer.WriteString(two.Expected);
                writer.WriteString(two.Actual);
                break;
            case ProtocolErrorPayload.Nonces two:
                writer.WriteUInt32(two.Expected);
                writer.WriteUInt32(two.Actual);
                break;
            case ProtocolErrorPayload.InvalidApproval approval:
                MemberBorsh.WriteApproval(writer, approval.Value);
                break;
            case ProtocolErrorPayload.Key key:
                writer.WriteVariant((int)key.Error);
                if (ErrorNames.CarriesText(key.Error))
                    writer.WriteString(key.Message ?? "");
                break;
        }
    }

    internal static ProtocolPhase ReadPhase(ref BorshReader reader) => (ProtocolPhase)reader.ReadVariant(PhaseCount);

    private static ProtocolErrorPayload? ReadPayload(ref BorshReader reader, ProtocolErrorShape shape) => shape switch
    {
        ProtocolErrorShape.Text => new ProtocolErrorPayload.Text(reader.ReadString(ProtocolLimits.MaxTextBytes)),
        ProtocolErrorShape.Phase => new ProtocolErrorPayload.Phase(ReadPhase(ref reader)),
        ProtocolErrorShape.Transition => new ProtocolErrorPayload.Transition(ReadPhase(ref reader), ReadPhase(ref reader)),
        ProtocolErrorShape.Different => new ProtocolErrorPayload.Different(
            reader.ReadString(ProtocolLimits.MaxTextBytes), reader.ReadString(ProtocolLimits.MaxTextBytes)),
        ProtocolErrorShape.Nonces => new ProtocolErrorPayload.Nonces(reader.ReadUInt32(), reader.ReadUInt32()),
        ProtocolErrorShape.Approval => new ProtocolErrorPayload.InvalidApproval(MemberBorsh.ReadApproval(ref reader)),
        ProtocolErrorShape.Key => ReadKey(ref reader),
        _ => null,
    };

    private static ProtocolErrorPayload.Key ReadKey(ref BorshReader reader)
    {
        var error = (KeyError)reader.ReadVariant(ErrorNames.KeyErrorCount);
        return new ProtocolErrorPayload.Key(
            error, ErrorNames.CarriesText(error) ? reader.ReadString(ProtocolLimits.MaxTextBytes) : null);
    }
}
