using Qos.Nsm;
using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>NSM's answers inside Borsh messages. Format: docs/protocol/messages.md, Messages (<c>nsm_response</c>).</summary>
internal static class NsmResponseBorsh
{
    private const int NsmErrorCount = 9;

    internal static NsmResponse Read(ref BorshReader reader) => reader.ReadVariant(8) switch
    {
        0 => new NsmResponse.DescribePcr(reader.ReadBool(), reader.ReadBytes(ProtocolLimits.MaxPcrBytes)),
        1 => new NsmResponse.ExtendPcr(reader.ReadBytes(ProtocolLimits.MaxPcrBytes)),
        2 => new NsmResponse.LockPcr(),
        3 => new NsmResponse.LockPcrs(),
        4 => new NsmResponse.DescribeNsm(
            reader.ReadUInt16(),
            reader.ReadUInt16(),
            reader.ReadUInt16(),
            reader.ReadString(ProtocolLimits.MaxNameBytes),
            reader.ReadUInt16(),
            BorshLists.Read(ref reader, ushort.MaxValue, 2, static (ref BorshReader reader) => reader.ReadUInt16()),
            (NsmDigest)reader.ReadVariant(3)),
        5 => new NsmResponse.Attestation(reader.ReadBytes(ProtocolLimits.MaxDocumentBytes)),
        6 => new NsmResponse.GetRandom(reader.ReadBytes(ProtocolLimits.MaxPcrBytes)),
        _ => new NsmResponse.Error((NsmError)reader.ReadVariant(NsmErrorCount)),
    };

    internal static void Write(BorshWriter writer, NsmResponse response)
    {
        switch (response)
        {
            case NsmResponse.DescribePcr pcr:
                writer.WriteVariant(0);
                writer.WriteBool(pcr.Lock);
                writer.WriteBytes(pcr.Data.Span);
                break;
            case NsmResponse.ExtendPcr pcr:
                writer.WriteVariant(1);
                writer.WriteBytes(pcr.Data.Span);
                break;
            case NsmResponse.LockPcr:
                writer.WriteVariant(2);
                break;
            case NsmResponse.LockPcrs:
                writer.WriteVariant(3);
                break;
            case NsmResponse.DescribeNsm nsm:
                writer.WriteVariant(4);
                writer.WriteUInt16(nsm.VersionMajor);
                writer.WriteUInt16(nsm.VersionMinor);
                writer.WriteUInt16(nsm.VersionPatch);
                writer.WriteString(nsm.ModuleId);
                writer.WriteUInt16(nsm.MaxPcrs);
                BorshLists.Write(writer, nsm.LockedPcrs, static (writer, index) => writer.WriteUInt16(index));
                writer.WriteVariant((int)nsm.Digest);
                break;
            case NsmResponse.Attestation attestation:
                writer.WriteVariant(5);
                writer.WriteBytes(attestation.Document.Span);
                break;
            case NsmResponse.GetRandom random:
                writer.WriteVariant(6);
                writer.WriteBytes(random.Random.Span);
                break;
            case NsmResponse.Error error:
                writer.WriteVariant(7);
                writer.WriteVariant((int)error.Code);
                break;
            default:
                throw new InvalidOperationException($"No wire form for {response.GetType().Name}.");
        }
    }
}
