using Qos.Nsm;
using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>NSM's answers inside Borsh messages. Format: docs/protocol/messages.md, Messages (<c>nsm_response</c>).</summary>
internal static class NsmResponseBorsh
{
    private const int NsmErrorCount = 9;

    internal static NsmResponse Read(ref BorshReader reader) => reader.Variant(8) switch
    {
        0 => new NsmResponse.DescribePcr(reader.Bool(), reader.Bytes(ProtocolLimits.MaxPcrBytes)),
        1 => new NsmResponse.ExtendPcr(reader.Bytes(ProtocolLimits.MaxPcrBytes)),
        2 => new NsmResponse.LockPcr(),
        3 => new NsmResponse.LockPcrs(),
        4 => new NsmResponse.DescribeNsm(
            reader.U16(),
            reader.U16(),
            reader.U16(),
            reader.String(ProtocolLimits.MaxNameBytes),
            reader.U16(),
            BorshLists.Read(ref reader, ushort.MaxValue, 2, static (ref BorshReader reader) => reader.U16()),
            (NsmDigest)reader.Variant(3)),
        5 => new NsmResponse.Attestation(reader.Bytes(ProtocolLimits.MaxDocumentBytes)),
        6 => new NsmResponse.GetRandom(reader.Bytes(ProtocolLimits.MaxPcrBytes)),
        _ => new NsmResponse.Error((NsmError)reader.Variant(NsmErrorCount)),
    };

    internal static void Write(BorshWriter writer, NsmResponse response)
    {
        switch (response)
        {
            case NsmResponse.DescribePcr pcr:
                writer.Variant(0);
                writer.Bool(pcr.Lock);
                writer.Bytes(pcr.Data.Span);
                break;
            case NsmResponse.ExtendPcr pcr:
                writer.Variant(1);
                writer.Bytes(pcr.Data.Span);
                break;
            case NsmResponse.LockPcr:
                writer.Variant(2);
                break;
            case NsmResponse.LockPcrs:
                writer.Variant(3);
                break;
            case NsmResponse.DescribeNsm nsm:
                writer.Variant(4);
                writer.U16(nsm.VersionMajor);
                writer.U16(nsm.VersionMinor);
                writer.U16(nsm.VersionPatch);
                writer.String(nsm.ModuleId);
                writer.U16(nsm.MaxPcrs);
                BorshLists.Write(writer, nsm.LockedPcrs, static (writer, index) => writer.U16(index));
                writer.Variant((int)nsm.Digest);
                break;
            case NsmResponse.Attestation attestation:
                writer.Variant(5);
                writer.Bytes(attestation.Document.Span);
                break;
            case NsmResponse.GetRandom random:
                writer.Variant(6);
                writer.Bytes(random.Random.Span);
                break;
            case NsmResponse.Error error:
                writer.Variant(7);
                writer.Variant((int)error.Code);
                break;
            default:
                throw new InvalidOperationException($"No wire form for {response.GetType().Name}.");
        }
    }
}
