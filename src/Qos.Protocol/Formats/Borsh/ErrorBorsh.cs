using Qos.Keys;
using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>Errors in Borsh. Format: docs/protocol/messages.md, Errors.</summary>
internal static class ErrorBorsh
{
    private const int PhaseCount = 6;

    internal static ProtocolError Read(ref BorshReader reader)
    {
        var code = (ProtocolErrorCode)reader.Variant(ErrorNames.CodeCount);
        return new ProtocolError(code, ReadPayload(ref reader, ProtocolError.ShapeOf(code)));
    }

    internal static void Write(BorshWriter writer, ProtocolError error)
    {
        writer.Variant((int)error.Code);
        switch (error.Payload)
        {
            case ProtocolErrorPayload.Text text:
                writer.String(text.Value);
                break;
            case ProtocolErrorPayload.Phase phase:
                writer.Variant((int)phase.Value);
                break;
            case ProtocolErrorPayload.Transition change:
                writer.Variant((int)change.From);
                writer.Variant((int)change.To);
                break;
            case ProtocolErrorPayload.Different two:
                writer.String(two.Expected);
                writer.String(two.Actual);
                break;
            case ProtocolErrorPayload.Nonces two:
                writer.U32(two.Expected);
                writer.U32(two.Actual);
                break;
            case ProtocolErrorPayload.InvalidApproval approval:
                MemberBorsh.WriteApproval(writer, approval.Value);
                break;
            case ProtocolErrorPayload.Key key:
                writer.Variant((int)key.Error);
                if (ErrorNames.CarriesText(key.Error))
                    writer.String(key.Message ?? "");
                break;
        }
    }

    internal static ProtocolPhase ReadPhase(ref BorshReader reader) => (ProtocolPhase)reader.Variant(PhaseCount);

    private static ProtocolErrorPayload? ReadPayload(ref BorshReader reader, ProtocolErrorShape shape) => shape switch
    {
        ProtocolErrorShape.Text => new ProtocolErrorPayload.Text(reader.String(ProtocolLimits.MaxTextBytes)),
        ProtocolErrorShape.Phase => new ProtocolErrorPayload.Phase(ReadPhase(ref reader)),
        ProtocolErrorShape.Transition => new ProtocolErrorPayload.Transition(ReadPhase(ref reader), ReadPhase(ref reader)),
        ProtocolErrorShape.Different => new ProtocolErrorPayload.Different(
            reader.String(ProtocolLimits.MaxTextBytes), reader.String(ProtocolLimits.MaxTextBytes)),
        ProtocolErrorShape.Nonces => new ProtocolErrorPayload.Nonces(reader.U32(), reader.U32()),
        ProtocolErrorShape.Approval => new ProtocolErrorPayload.InvalidApproval(MemberBorsh.ReadApproval(ref reader)),
        ProtocolErrorShape.Key => ReadKey(ref reader),
        _ => null,
    };

    private static ProtocolErrorPayload.Key ReadKey(ref BorshReader reader)
    {
        var error = (KeyError)reader.Variant(ErrorNames.KeyErrorCount);
        return new ProtocolErrorPayload.Key(
            error, ErrorNames.CarriesText(error) ? reader.String(ProtocolLimits.MaxTextBytes) : null);
    }
}
