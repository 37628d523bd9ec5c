using System.Text;
using Qos.Nsm;
using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>NSM's answers inside JSON messages. Format: docs/protocol/messages.md, Messages (<c>nsm_response</c>).</summary>
internal static class NsmResponseJson
{
    internal static NsmResponse Read(ref QosJsonReader reader)
    {
        if (reader.PeekKind() == JsonKind.String)
        {
            return reader.ReadString(64) switch
            {
                "lockPCR" => new NsmResponse.LockPcr(),
                "lockPCRs" => new NsmResponse.LockPcrs(),
                _ => throw reader.Error("unknown NSM response"),
            };
        }

        NsmResponse response = JsonVariants.Open(ref reader) switch
        {
            "describePCR" => ReadDescribePcr(ref reader),
            "extendPCR" => new NsmResponse.ExtendPcr(ReadOnlyMember(ref reader, "data", ProtocolLimits.MaxPcrBytes)),
            "describeNSM" => ReadDescribeNsm(ref reader),
            "attestation" => new NsmResponse.Attestation(ReadOnlyMember(ref reader, "document", ProtocolLimits.MaxDocumentBytes)),
            "getRandom" => new NsmResponse.GetRandom(ReadOnlyMember(ref reader, "random", ProtocolLimits.MaxPcrBytes)),
            "error" => new NsmResponse.Error(ReadError(ref reader)),
            _ => throw reader.Error("unknown NSM response"),
        };
        JsonVariants.Close(ref reader);
        return response;
    }

    internal static void Write(QosJsonWriter writer, NsmResponse response)
    {
        switch (response)
        {
            case NsmResponse.LockPcr:
                writer.WriteString("lockPCR");
                return;
            case NsmResponse.LockPcrs:
                writer.WriteString("lockPCRs");
                return;
        }

        writer.BeginObject();
        switch (response)
        {
            case NsmResponse.DescribePcr pcr:
                writer.WritePropertyName("describePCR"u8);
                writer.BeginObject();
                writer.WritePropertyName("data"u8);
                writer.WriteHex(pcr.Data.Span);
                writer.WritePropertyName("lock"u8);
                writer.WriteBool(pcr.Lock);
                writer.EndObject();
                break;
            case NsmResponse.ExtendPcr pcr:
                WriteOnlyMember(writer, "extendPCR"u8, "data"u8, pcr.Data.Span);
                break;
            case NsmResponse.DescribeNsm nsm:
                writer.WritePropertyName("describeNSM"u8);
                WriteDescribeNsm(writer, nsm);
                break;
            case NsmResponse.Attestation attestation:
                WriteOnlyMember(writer, "attestation"u8, "document"u8, attestation.Document.Span);
                break;
            case NsmResponse.GetRandom random:
                WriteOnlyMember(writer, "getRandom"u8, "random"u8, random.Random.Span);
                break;
            case NsmResponse.Error error:
                writer.WritePropertyName("error"u8);
                writer.WriteString(error.Code.ToString());
                break;
            default:
                throw new InvalidOperationException($"No wire form for {response.GetType().Name}.");
        }

        writer.EndObject();
    }

    private static byte[] ReadOnlyMember(ref QosJsonReader reader, string member, int max)
    {
        byte[]? value = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (!name.SequenceEqual(Encoding.UTF8.GetBytes(member)))
                throw JsonMembers.Unknown(ref reader, name);
            value = reader.ReadHex(max);
        }

        return value ?? throw JsonMembers.Missing(ref reader, member);
    }

    private static void WriteOnlyMember(QosJsonWriter writer, ReadOnlySpan<byte> variant, ReadOnlySpan<byte> member, ReadOnlySpan<byte> value)
    {
        writer.WritePropertyName(variant);
        writer.BeginObject();
        writer.WritePropertyName(member);
        writer.WriteHex(value);
        writer.EndObject();
    }

    private static NsmResponse.DescribePcr ReadDescribePcr(ref QosJsonReader reader)
    {
        bool? locked = null;
        byte[]? data = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("lock"u8))
                locked = reader.ReadBool();
            else if (name.SequenceEqual("data"u8))
                data = reader.ReadHex(ProtocolLimits.MaxPcrBytes);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new NsmResponse.DescribePcr(
            locked ?? throw JsonMembers.Missing(ref reader, "lock"),
            data ?? throw JsonMembers.Missing(ref reader, "data"));
    }

    private static NsmResponse.DescribeNsm ReadDescribeNsm(ref QosJsonReader reader)
    {
        ushort? major = null;
        ushort? minor = null;
        ushort? patch = null;
        string? moduleId = null;
        ushort? maxPcrs = null;
        List<ushort>? locked = null;
        NsmDigest? digest = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("version_major"u8))
                major = reader.ReadUInt16();
            else if (name.SequenceEqual("version_minor"u8))
                minor = reader.ReadUInt16();
            else if (name.SequenceEqual("version_patch"u8))
                patch = reader.ReadUInt16();
            else if (name.SequenceEqual("module_id"u8))
                moduleId = reader.ReadString(ProtocolLimits.MaxNameBytes);
            else if (name.SequenceEqual("max_pcrs"u8))
                maxPcrs = reader.ReadUInt16();
            else if (name.SequenceEqual("locked_pcrs"u8))
                locked = JsonMembers.ReadList(ref reader, ushort.MaxValue, static (ref QosJsonReader reader) => reader.ReadUInt16());
            else if (name.SequenceEqual("digest"u8))
                digest = ReadDigest(ref reader);
            else
                throw JsonMembers.Unknown(ref reader, name);
        }

        return new NsmResponse.DescribeNsm(
            major ?? throw JsonMembers.Missing(ref reader, "version_major"),
            minor ?? throw JsonMembers.Missing(ref reader, "version_minor"),
            patch ?? throw JsonMembers.Missing(ref reader, "version_patch"),
            moduleId ?? throw JsonMembers.Missing(ref reader, "module_id"),
            maxPcrs ?? throw JsonMembers.Missing(ref reader, "max_pcrs"),
            locked ?? throw JsonMembers.Missing(ref reader, "locked_pcrs"),
            digest ?? throw JsonMembers.Missing(ref reader, "digest"));
    }

    private static void WriteDescribeNsm(QosJsonWriter writer, NsmResponse.DescribeNsm nsm)
    {
        writer.BeginObject();
        writer.WritePropertyName("digest"u8);
        writer.WriteString(nsm.Digest switch { NsmDigest.Sha256 => "SHA256", NsmDigest.Sha384 => "SHA384", _ => "SHA512" });
        writer.WritePropertyName("locked_pcrs"u8);
        JsonMembers.WriteList(writer, nsm.LockedPcrs, static (writer, index) => writer.WriteInteger((ulong)index));
        writer.WritePropertyName("max_pcrs"u8);
        writer.WriteInteger((ulong)nsm.MaxPcrs);
        writer.WritePropertyName("module_id"u8);
        writer.WriteString(nsm.ModuleId);
        writer.WritePropertyName("version_major"u8);
        writer.WriteInteger((ulong)nsm.VersionMajor);
        writer.WritePropertyName("version_minor"u8);
        writer.WriteInteger((ulong)nsm.VersionMinor);
        writer.WritePropertyName("version_patch"u8);
        writer.WriteInteger((ulong)nsm.VersionPatch);
        writer.EndObject();
    }

    private static NsmDigest ReadDigest(ref QosJsonReader reader) => reader.ReadString(16) switch
    {
        "SHA256" => NsmDigest.Sha256,
        "SHA384" => NsmDigest.Sha384,
        "SHA512" => NsmDigest.Sha512,
        _ => throw reader.Error("unknown digest"),
    };

    private static NsmError ReadError(ref QosJsonReader reader)
    {
        string name = reader.ReadString(64);
        foreach (NsmError error in Enum.GetValues<NsmError>())
        {
            if (name == error.ToString())
                return error;
        }

        throw reader.Error("unknown NSM error");
    }
}
