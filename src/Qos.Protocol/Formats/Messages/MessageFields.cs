using System.Text;
using Qos.Nsm;
using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>
/// The fields that messages have, of which each takes a few. One reader for all of them, told which may and which must be there.
/// Specification: protocol, Messages.
/// </summary>
internal sealed class MessageFields
{
    /// <summary>One bit for each field.</summary>
    [Flags]
    internal enum Field
    {
        None = 0,
        ManifestEnvelope = 1 << 0,
        Pivot = 1 << 1,
        NsmResponse = 1 << 2,
        Set = 1 << 3,
        DrKey = 1 << 4,
        GenesisOutput = 1 << 5,
        Share = 1 << 6,
        Approval = 1 << 7,
        Reconstructed = 1 << 8,
        Data = 1 << 9,
        Document = 1 << 10,
        EncryptedQuorumKey = 1 << 11,
        Signature = 1 << 12,
        Version = 1 << 13,
        Commit = 1 << 14,
    }

    /// <summary>What a message must and may have.</summary>
    internal readonly record struct Shape(Field Required, Field Optional = Field.None);

    internal ManifestEnvelope? Envelope { get; private set; }

    internal byte[] Pivot { get; private set; } = [];

    internal NsmResponse? NsmResponse { get; private set; }

    internal GenesisSet? Set { get; private set; }

    internal ReadOnlyMemory<byte>? DrKey { get; private set; }

    internal GenesisOutput? GenesisOutput { get; private set; }

    internal byte[] Share { get; private set; } = [];

    internal Approval? Approval { get; private set; }

    internal bool Reconstructed { get; private set; }

    internal byte[] Data { get; private set; } = [];

    internal byte[] Document { get; private set; } = [];

    internal byte[] EncryptedQuorumKey { get; private set; } = [];

    internal byte[] Signature { get; private set; } = [];

    internal string? Version { get; private set; }

    internal string? Commit { get; private set; }

    /// <summary>The fields of a message, or null for one that is none.</summary>
    internal static Shape? Of(string message) => message switch
    {
        "bootStandardRequest" or "bootKeyForwardRequest" => new(Field.ManifestEnvelope | Field.Pivot),
        "bootStandardResponse" or "bootKeyForwardResponse" => new(Field.NsmResponse),
        "bootGenesisRequest" => new(Field.Set, Field.DrKey),
        "bootGenesisResponse" => new(Field.NsmResponse | Field.GenesisOutput),
        "provisionRequest" => new(Field.Share | Field.Approval),
        "provisionResponse" => new(Field.Reconstructed),
        "proxyRequest" or "proxyResponse" => new(Field.Data),
        "liveAttestationDocResponse" => new(Field.NsmResponse, Field.ManifestEnvelope),
        "exportKeyRequest" => new(Field.ManifestEnvelope | Field.Document),
        "exportKeyResponse" or "injectKeyRequest" => new(Field.EncryptedQuorumKey | Field.Signature),
        "manifestEnvelopeResponse" => new(Field.None, Field.ManifestEnvelope),
        "versionResponse" => new(Field.Version | Field.Commit),
        _ => null,
    };

    internal static MessageFields Read(ref QosJsonReader reader, Shape shape)
    {
        var fields = new MessageFields();
        Field seen = Field.None;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            Field field = ByName(name);
            if (field == Field.None || ((shape.Required | shape.Optional) & field) == 0)
                throw JsonMembers.Unknown(ref reader, name);
            seen |= field;
            if ((shape.Optional & field) == 0 || !reader.TryReadNull())
                fields.ReadValue(ref reader, field);
        }

        Field missing = shape.Required & ~seen;
        return missing == Field.None ? fields : throw reader.Error($"the message's field {missing} is missing");
    }

    private static Field ByName(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name[..Math.Min(name.Length, 64)]) switch
    {
        "manifest_envelope" => Field.ManifestEnvelope,
        "pivot" => Field.Pivot,
        "nsm_response" => Field.NsmResponse,
        "set" => Field.Set,
        "dr_key" => Field.DrKey,
        "genesis_output" => Field.GenesisOutput,
        "share" => Field.Share,
        "approval" => Field.Approval,
        "reconstructed" => Field.Reconstructed,
        "data" => Field.Data,
        "cose_sign1_attestation_doc" => Field.Document,
        "encrypted_quorum_key" => Field.EncryptedQuorumKey,
        "signature" => Field.Signature,
        "version" => Field.Version,
        "commit" => Field.Commit,
        _ => Field.None,
    };

    private void ReadValue(ref QosJsonReader reader, Field field)
    {
        switch (field)
        {
            case Field.ManifestEnvelope:
                Envelope = EnvelopeJson.Read(ref reader);
                break;
            case Field.Pivot:
                Pivot = reader.ReadHex(ProtocolLimits.MaxMessageBytes);
                break;
            case Field.NsmResponse:
                NsmResponse = NsmResponseJson.Read(ref reader);
                break;
            case Field.Set:
                Set = MemberJson.ReadGenesisSet(ref reader);
                break;
            case Field.DrKey:
                DrKey = reader.ReadHex(ProtocolLimits.MaxKeyBytes);
                break;
            case Field.GenesisOutput:
                GenesisOutput = GenesisJson.Read(ref reader);
                break;
            case Field.Share:
                Share = reader.ReadHex(ProtocolLimits.MaxEncryptedBytes);
                break;
            case Field.Approval:
                Approval = EnvelopeJson.ReadApproval(ref reader);
                break;
            case Field.Reconstructed:
                Reconstructed = reader.ReadBool();
                break;
            case Field.Data:
                Data = reader.ReadHex(ProtocolLimits.MaxMessageBytes);
                break;
            case Field.Document:
                Document = reader.ReadHex(ProtocolLimits.MaxDocumentBytes);
                break;
            case Field.EncryptedQuorumKey:
                EncryptedQuorumKey = reader.ReadHex(ProtocolLimits.MaxEncryptedBytes);
                break;
            case Field.Signature:
                Signature = reader.ReadHex(ProtocolLimits.MaxSignatureBytes);
                break;
            case Field.Version:
                Version = reader.ReadString(ProtocolLimits.MaxNameBytes);
                break;
            case Field.Commit:
                Commit = reader.ReadString(ProtocolLimits.MaxNameBytes);
                break;
        }
    }
}
