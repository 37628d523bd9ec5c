using System.Formats.Cbor;
using Qos.Serialization;

namespace Qos.Nsm;

public static partial class NsmCodec
{
    /// <summary>The CBOR of a request.</summary>
    /// <exception cref="NsmException">It would be longer than <see cref="NsmRequest.MaxSize"/>.</exception>
    public static byte[] EncodeRequest(NsmRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var writer = new CborWriter(CborConformanceMode.Strict);
        switch (request)
        {
            case NsmRequest.DescribeNsm:
                writer.WriteTextString("DescribeNSM");
                break;
            case NsmRequest.GetRandom:
                writer.WriteTextString("GetRandom");
                break;
            case NsmRequest.DescribePcr describe:
                WriteOne(writer, "DescribePCR", "index", describe.Index);
                break;
            case NsmRequest.LockPcr one:
                WriteOne(writer, "LockPCR", "index", one.Index);
                break;
            case NsmRequest.LockPcrs many:
                WriteOne(writer, "LockPCRs", "range", many.Range);
                break;
            case NsmRequest.ExtendPcr extend:
                WriteVariant(writer, "ExtendPCR", 2);
                WriteField(writer, "index", extend.Index);
                WriteField(writer, "data", extend.Data);
                EndVariant(writer);
                break;
            case NsmRequest.Attestation attestation:
                WriteVariant(writer, "Attestation", 3);
                WriteField(writer, "user_data", attestation.UserData);
                WriteField(writer, "nonce", attestation.Nonce);
                WriteField(writer, "public_key", attestation.PublicKey);
                EndVariant(writer);
                break;
            default:
                throw new NsmException($"{request.GetType().Name} is not a request of the module's API.");
        }

        byte[] encoded = writer.Encode();
        if (encoded.Length > NsmRequest.MaxSize)
        {
            throw new NsmException(
                $"The request would have {encoded.Length} bytes; the module takes {NsmRequest.MaxSize}. Send shorter data.");
        }

        return encoded;
    }

    /// <summary>Reads a request.</summary>
    /// <exception cref="NsmException">The bytes are not exactly one request.</exception>
    public static NsmRequest DecodeRequest(ReadOnlyMemory<byte> encoded) =>
        Decode(encoded, NsmRequest.MaxSize, "request", ReadRequest);

    private static void WriteOne(CborWriter writer, string variant, string field, uint value)
    {
        WriteVariant(writer, variant, 1);
        WriteField(writer, field, value);
        EndVariant(writer);
    }

    private static NsmRequest ReadRequest(CborReader reader)
    {
        if (reader.PeekState() is CborReaderState.TextString or CborReaderState.StartIndefiniteLengthTextString)
        {
            string unit = reader.ReadTextString();
            return unit switch
            {
                "DescribeNSM" => new NsmRequest.DescribeNsm(),
                "GetRandom" => new NsmRequest.GetRandom(),
                _ => throw CborFields.Unknown(unit),
            };
        }

        string variant = StartVariant(reader);
        NsmRequest request = variant switch
        {
            "DescribePCR" => new NsmRequest.DescribePcr(ReadOnlyMember(reader, "index")),
            "LockPCR" => new NsmRequest.LockPcr(ReadOnlyMember(reader, "index")),
            "LockPCRs" => new NsmRequest.LockPcrs(ReadOnlyMember(reader, "range")),
            "ExtendPCR" => ReadExtendPcr(reader),
            "Attestation" => ReadAttestationRequest(reader),
            _ => throw CborFields.Unknown(variant),
        };
        EndVariant(reader);
        return request;
    }

    /// <summary>Reads a map whose only member is one number.</summary>
    private static ushort ReadOnlyMember(CborReader reader, string member)
    {
        ushort? value = null;
        CborFields.ReadMap(reader, name => value = name == member ? CborFields.ReadUInt16(reader) : throw CborFields.Unknown(name));
        return value ?? throw CborFields.Missing(member);
    }

    private static NsmRequest.ExtendPcr ReadExtendPcr(CborReader reader)
    {
        ushort? index = null;
        byte[]? data = null;
        CborFields.ReadMap(reader, name =>
        {
            switch (name)
            {
                case "index":
                    index = CborFields.ReadUInt16(reader);
                    break;
                case "data":
                    data = CborFields.ReadBytes(reader, NsmRequest.MaxSize);
                    break;
                default:
                    throw CborFields.Unknown(name);
            }
        });
        return new(index ?? throw CborFields.Missing("index"), data ?? throw CborFields.Missing("data"));
    }

    private static NsmRequest.Attestation ReadAttestationRequest(CborReader reader)
    {
        byte[]? userData = null;
        byte[]? nonce = null;
        byte[]? publicKey = null;
        CborFields.ReadMap(reader, name =>
        {
            switch (name)
            {
                case "user_data":
                    userData = CborFields.ReadOptionalBytes(reader, NsmRequest.MaxSize);
                    break;
                case "nonce":
                    nonce = CborFields.ReadOptionalBytes(reader, NsmRequest.MaxSize);
                    break;
                case "public_key":
                    publicKey = CborFields.ReadOptionalBytes(reader, NsmRequest.MaxSize);
                    break;
                default:
                    throw CborFields.Unknown(name);
            }
        });
        return new(userData.AsOptional(), nonce.AsOptional(), publicKey.AsOptional());
    }
}
