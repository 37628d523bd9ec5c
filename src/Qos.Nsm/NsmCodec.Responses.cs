using System.Formats.Cbor;

namespace Qos.Nsm;

public static partial class NsmCodec
{
    /// <summary>The CBOR of an answer.</summary>
    /// <exception cref="NsmException">It would be longer than <see cref="NsmResponse.MaxSize"/>.</exception>
    public static byte[] EncodeResponse(NsmResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        var writer = new CborWriter(CborConformanceMode.Strict);
        switch (response)
        {
            case NsmResponse.LockPcr:
                writer.WriteTextString("LockPCR");
                break;
            case NsmResponse.LockPcrs:
                writer.WriteTextString("LockPCRs");
                break;
            case NsmResponse.DescribePcr pcr:
                WriteVariant(writer, "DescribePCR", 2);
                writer.WriteTextString("lock");
                writer.WriteBoolean(pcr.Lock);
                WriteField(writer, "data", pcr.Data);
                EndVariant(writer);
                break;
            case NsmResponse.ExtendPcr extended:
                WriteOne(writer, "ExtendPCR", "data", extended.Data);
                break;
            case NsmResponse.Attestation attestation:
                WriteOne(writer, "Attestation", "document", attestation.Document);
                break;
            case NsmResponse.GetRandom random:
                WriteOne(writer, "GetRandom", "random", random.Random);
                break;
            case NsmResponse.DescribeNsm description:
                WriteDescription(writer, description);
                break;
            case NsmResponse.Error error:
                writer.WriteStartMap(1);
                writer.WriteTextString("Error");
                writer.WriteTextString(NameOf(error.Code));
                writer.WriteEndMap();
                break;
            default:
                throw new NsmException($"{response.GetType().Name} is not an answer of the module's API.");
        }

        byte[] encoded = writer.Encode();
        return encoded.Length <= NsmResponse.MaxSize
            ? encoded
            : throw new NsmException($"The answer would have {encoded.Length} bytes; at most {NsmResponse.MaxSize} may be.");
    }

    /// <summary>Reads an answer.</summary>
    /// <exception cref="NsmException">The bytes are not exactly one answer.</exception>
    public static NsmResponse DecodeResponse(ReadOnlyMemory<byte> encoded) =>
        Decode(encoded, NsmResponse.MaxSize, "module's answer", ReadResponse);

    private static void WriteOne(CborWriter writer, string variant, string field, ReadOnlyMemory<byte> value)
    {
        WriteVariant(writer, variant, 1);
        WriteField(writer, field, value);
        EndVariant(writer);
    }

    private static void WriteDescription(CborWriter writer, NsmResponse.DescribeNsm description)
    {
        WriteVariant(writer, "DescribeNSM", 7);
        WriteField(writer, "version_major", description.VersionMajor);
        WriteField(writer, "version_minor", description.VersionMinor);
        WriteField(writer, "version_patch", description.VersionPatch);
        writer.WriteTextString("module_id");
        writer.WriteTextString(description.ModuleId);
        WriteField(writer, "max_pcrs", description.MaxPcrs);
        writer.WriteTextString("locked_pcrs");
        writer.WriteStartArray(description.LockedPcrs.Count);
        foreach (ushort index in description.LockedPcrs)
            writer.WriteUInt32(index);
        writer.WriteEndArray();
        writer.WriteTextString("digest");
        writer.WriteTextString(NameOf(description.Digest));
        EndVariant(writer);
    }

    private static NsmResponse ReadResponse(CborReader reader)
    {
        if (reader.PeekState() is CborReaderState.TextString or CborReaderState.StartIndefiniteLengthTextString)
        {
            string unit = reader.ReadTextString();
            return unit switch
            {
                "LockPCR" => new NsmResponse.LockPcr(),
                "LockPCRs" => new NsmResponse.LockPcrs(),
                _ => throw CborFields.Unknown(unit),
            };
        }

        string variant = StartVariant(reader);
        NsmResponse response = variant switch
        {
            "DescribePCR" => ReadPcr(reader),
            "ExtendPCR" => new NsmResponse.ExtendPcr(ReadOnlyMember(reader, "data", NsmResponse.MaxSize)),
            "Attestation" => new NsmResponse.Attestation(ReadOnlyMember(reader, "document", NsmResponse.MaxSize)),
            "GetRandom" => new NsmResponse.GetRandom(ReadOnlyMember(reader, "random", 256)),
            "DescribeNSM" => ReadDescription(reader),
            "Error" => new NsmResponse.Error(ParseError(reader.ReadTextString())),
            _ => throw CborFields.Unknown(variant),
        };
        EndVariant(reader);
        return response;
    }

    private static byte[] ReadOnlyMember(CborReader reader, string member, int maxLength)
    {
        byte[]? value = null;
        CborFields.ReadMap(reader, name =>
            value = name == member ? CborFields.ReadBytes(reader, maxLength) : throw CborFields.Unknown(name));
        return value ?? throw CborFields.Missing(member);
    }

    private static NsmResponse.DescribePcr ReadPcr(CborReader reader)
    {
        bool? locked = null;
        byte[]? data = null;
        CborFields.ReadMap(reader, name =>
        {
            switch (name)
            {
                case "lock":
                    locked = reader.ReadBoolean();
                    break;
                case "data":
                    data = CborFields.ReadBytes(reader, 64);
                    break;
                default:
                    throw CborFields.Unknown(name);
            }
        });
        return new(locked ?? throw CborFields.Missing("lock"), data ?? throw CborFields.Missing("data"));
    }

    private static NsmResponse.DescribeNsm ReadDescription(CborReader reader)
    {
        ushort? major = null, minor = null, patch = null, maxPcrs = null;
        string? moduleId = null;
        ushort[]? locked = null;
        NsmDigest? digest = null;
        CborFields.ReadMap(reader, name =>
        {
            switch (name)
            {
                case "version_major":
                    major = CborFields.ReadUInt16(reader);
                    break;
                case "version_minor":
                    minor = CborFields.ReadUInt16(reader);
                    break;
                case "version_patch":
                    patch = CborFields.ReadUInt16(reader);
                    break;
                case "max_pcrs":
                    maxPcrs = CborFields.ReadUInt16(reader);
                    break;
                case "module_id":
                    moduleId = reader.ReadTextString();
                    if (moduleId.Length > MaxTextLength)
                        throw new CborContentException($"a module_id of {moduleId.Length} characters");
                    break;
                case "locked_pcrs":
                    locked = ReadLockedPcrs(reader);
                    break;
                case "digest":
                    digest = ParseDigest(reader.ReadTextString());
                    break;
                default:
                    // A later module may describe more of itself, and this answer is only ever compared member by member.
                    reader.SkipValue();
                    break;
            }
        });
        return new(
            major ?? throw CborFields.Missing("version_major"),
            minor ?? throw CborFields.Missing("version_minor"),
            patch ?? throw CborFields.Missing("version_patch"),
            moduleId ?? throw CborFields.Missing("module_id"),
            maxPcrs ?? throw CborFields.Missing("max_pcrs"),
            locked ?? throw CborFields.Missing("locked_pcrs"),
            digest ?? throw CborFields.Missing("digest"));
    }

    private static ushort[] ReadLockedPcrs(CborReader reader)
    {
        var locked = new SortedSet<ushort>();
        reader.ReadStartArray();
        while (reader.PeekState() != CborReaderState.EndArray)
        {
            ushort index = CborFields.ReadUInt16(reader);
            if (locked.Count == MaxPcrCount || !locked.Add(index))
                throw new CborContentException($"locked_pcrs names PCR{index} twice or has more than {MaxPcrCount} entries");
        }

        reader.ReadEndArray();
        return [.. locked];
    }

    private static string NameOf(NsmError error) => Enum.IsDefined(error)
        ? error.ToString()
        : throw new NsmException($"{(int)error} is not an error of the module's API.");

    private static NsmError ParseError(string name)
    {
        for (var error = NsmError.Success; error <= NsmError.InternalError; error++)
        {
            if (name == error.ToString())
                return error;
        }

        throw CborFields.Unknown(name);
    }

    private static string NameOf(NsmDigest digest) => digest switch
    {
        NsmDigest.Sha256 => "SHA256",
        NsmDigest.Sha384 => "SHA384",
        NsmDigest.Sha512 => "SHA512",
        _ => throw new NsmException($"{(int)digest} is not a digest of the module's API."),
    };

    private static NsmDigest ParseDigest(string name) => name switch
    {
        "SHA256" => NsmDigest.Sha256,
        "SHA384" => NsmDigest.Sha384,
        "SHA512" => NsmDigest.Sha512,
        _ => throw CborFields.Unknown(name),
    };
}
