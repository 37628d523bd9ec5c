using System.Formats.Cbor;

namespace Qos.Nsm;

public sealed partial class AttestationDocument
{
    /// <summary>The payload's members while they are read.</summary>
    private sealed class PayloadFields
    {
        private const int MaxModuleId = 256;
        private const int MaxPcrs = 32;
        private const int MaxCertificate = 1024;
        private const int MaxPublicKey = 1024;
        private const int MaxBytes = 1024;

        // The last millisecond of the year 9999, beyond which there is no DateTimeOffset.
        private const ulong MaxTimestamp = 253402300799999;

        public string? ModuleId { get; private set; }

        public string? Digest { get; private set; }

        public ulong Timestamp { get; private set; }

        public Dictionary<int, ReadOnlyMemory<byte>>? Pcrs { get; private set; }

        public byte[]? Certificate { get; private set; }

        public List<ReadOnlyMemory<byte>>? CaBundle { get; private set; }

        public byte[]? PublicKey { get; private set; }

        public byte[]? UserData { get; private set; }

        public byte[]? Nonce { get; private set; }

        /// <summary>Members that are not known; null where they refuse the document.</summary>
        public List<string>? Unknown { get; private init; }

        public static PayloadFields Read(CborReader reader, bool allowsUnknown)
        {
            var fields = new PayloadFields { Unknown = allowsUnknown ? [] : null };
            CborFields.ReadMap(reader, name => fields.ReadMember(reader, name));
            return fields;
        }

        /// <summary>The limits of the specification.</summary>
        public void Check()
        {
            Require(ModuleId is { Length: > 0 and <= MaxModuleId }, AttestationError.InvalidModuleId, "module_id is missing, empty or too long");
            Require(Digest == "SHA384", AttestationError.InvalidDigest, "digest is not SHA384");
            Require(Timestamp is > 0 and <= MaxTimestamp, AttestationError.InvalidTimestamp, $"timestamp is {Timestamp}");
            Require(
                Pcrs is { Count: >= 1 and <= MaxPcrs } && Pcrs.All(pcr => pcr.Key is >= 0 and < MaxPcrs && pcr.Value.Length is 32 or 48 or 64),
                AttestationError.InvalidPcrs,
                "pcrs is not 1 to 32 PCRs with indices below 32 and 32, 48 or 64 bytes");
            Require(Certificate is { Length: > 0 and <= MaxCertificate }, AttestationError.InvalidCertificateSize, "certificate has not 1 to 1,024 bytes");
            Require(
                CaBundle is { Count: > 0 } && CaBundle.All(certificate => certificate.Length is > 0 and <= MaxCertificate),
                AttestationError.InvalidCaBundle,
                "cabundle is not one or more certificates of 1 to 1,024 bytes");
            Require(PublicKey is null or { Length: > 0 and <= MaxPublicKey }, AttestationError.InvalidPublicKey, "public_key has not 1 to 1,024 bytes");
            Require(UserData is null or { Length: <= MaxBytes }, AttestationError.InvalidUserData, "user_data has more than 1,024 bytes");
            Require(Nonce is null or { Length: <= MaxBytes }, AttestationError.InvalidNonce, "nonce has more than 1,024 bytes");
        }

        private void ReadMember(CborReader reader, string name)
        {
            switch (name)
            {
                case "module_id":
                    ModuleId = reader.ReadTextString();
                    break;
                case "digest":
                    Digest = reader.ReadTextString();
                    break;
                case "timestamp":
                    Timestamp = reader.ReadUInt64();
                    break;
                case "pcrs":
                    Pcrs = ReadPcrs(reader);
                    break;
                case "certificate":
                    Certificate = reader.ReadByteString();
                    break;
                case "cabundle":
                    CaBundle = ReadCaBundle(reader);
                    break;
                case "public_key":
                    PublicKey = ReadOptional(reader);
                    break;
                case "user_data":
                    UserData = ReadOptional(reader);
                    break;
                case "nonce":
                    Nonce = ReadOptional(reader);
                    break;
                case var _ when Unknown is { } unknown:
                    unknown.Add(name);
                    reader.SkipValue();
                    break;
                default:
                    throw CborFields.Unknown(name);
            }
        }

        private static Dictionary<int, ReadOnlyMemory<byte>> ReadPcrs(CborReader reader)
        {
            var pcrs = new Dictionary<int, ReadOnlyMemory<byte>>();
            reader.ReadStartMap();
            while (reader.PeekState() != CborReaderState.EndMap)
            {
                int index = reader.ReadInt32();

                // As with texts, one number can be written in several ways.
                if (!pcrs.TryAdd(index, reader.ReadByteString()))
                    throw new CborContentException($"PCR{index} is there twice");
            }

            reader.ReadEndMap();
            return pcrs;
        }

        private static List<ReadOnlyMemory<byte>> ReadCaBundle(CborReader reader)
        {
            var certificates = new List<ReadOnlyMemory<byte>>();
            reader.ReadStartArray();
            while (reader.PeekState() != CborReaderState.EndArray)
                certificates.Add(reader.ReadByteString());
            reader.ReadEndArray();
            return certificates;
        }

        private static byte[]? ReadOptional(CborReader reader)
        {
            if (reader.PeekState() != CborReaderState.Null)
                return reader.ReadByteString();

            reader.ReadNull();
            return null;
        }

        private static void Require(bool holds, AttestationError error, string otherwise)
        {
            if (!holds)
                throw new AttestationException(error, $"The document's {otherwise}.");
        }
    }
}
