using Qos.Serialization;
using M = Qos.Protocol.ProtocolMessage;

namespace Qos.Protocol;

/// <summary>
/// Messages in Borsh, for everything but genesis and V2 manifests. A message that carries an envelope is read as with a V1 and as
/// with a V0 manifest; exactly one must fit. Specification: protocol, Messages.
/// </summary>
internal static class MessageBorsh
{
    internal const int BootStandard = 3;
    internal const int BootGenesisRequest = 5;
    internal const int BootGenesisResponse = 6;
    internal const int BootKeyForward = 13;
    internal const int BootStandardJsonEnvelope = 23;
    private const int VariantCount = 24;

    /// <exception cref="EncodingException">The bytes are no message.</exception>
    /// <exception cref="ProtocolException">Genesis, which is JSON only.</exception>
    internal static ProtocolMessage Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > 0 && bytes[0] is BootGenesisRequest or BootGenesisResponse)
            throw new ProtocolException(ProtocolErrorCode.LegacyGenesisNotSupported);
        if (bytes.Length > 0 && !CarriesEnvelope(bytes[0]))
            return ReadWhole(bytes, ManifestVersion.V1);

        // A response without an envelope fits both ways and means the same.
        if (bytes.Length == 2 && bytes[0] == 20 && bytes[1] == 0)
            return new M.ManifestEnvelopeResponse(null);
        if (bytes.Length > 0 && bytes[0] == 12 && WithoutEnvelope(bytes) is { } live)
            return live;
        return FormatChoice.OneOfBorsh(bytes, ReadWhole);
    }

    internal static void Write(BorshWriter writer, ProtocolMessage message)
    {
        switch (message)
        {
            case M.ProtocolErrorResponse error:
                writer.Variant(0);
                ErrorBorsh.Write(writer, error.Error);
                break;
            case M.StatusRequest:
                writer.Variant(1);
                break;
            case M.StatusResponse status:
                writer.Variant(2);
                writer.Variant((int)status.Phase);
                break;
            case M.BootStandardRequest boot:
                writer.Variant(BootStandard);
                ManifestBorsh.WriteEnvelope(writer, boot.ManifestEnvelope);
                writer.Bytes(boot.Pivot.Span);
                break;
            case M.BootStandardResponse boot:
                writer.Variant(4);
                NsmResponseBorsh.Write(writer, boot.NsmResponse);
                break;
            case M.ProvisionRequest provision:
                writer.Variant(7);
                writer.Bytes(provision.Share.Span);
                MemberBorsh.WriteApproval(writer, provision.Approval);
                break;
            case M.ProvisionResponse provision:
                writer.Variant(8);
                writer.Bool(provision.Reconstructed);
                break;
            case M.ProxyRequest proxy:
                writer.Variant(9);
                writer.Bytes(proxy.Data.Span);
                break;
            case M.ProxyResponse proxy:
                writer.Variant(10);
                writer.Bytes(proxy.Data.Span);
                break;
            case M.LiveAttestationDocRequest:
                writer.Variant(11);
                break;
            case M.LiveAttestationDocResponse live:
                writer.Variant(12);
                NsmResponseBorsh.Write(writer, live.NsmResponse);
                WriteOptionalEnvelope(writer, live.ManifestEnvelope);
                break;
            case M.BootKeyForwardRequest boot:
                writer.Variant(BootKeyForward);
                ManifestBorsh.WriteEnvelope(writer, boot.ManifestEnvelope);
                writer.Bytes(boot.Pivot.Span);
                break;
            case M.BootKeyForwardResponse boot:
                writer.Variant(14);
                NsmResponseBorsh.Write(writer, boot.NsmResponse);
                break;
            case M.ExportKeyRequest export:
                writer.Variant(15);
                ManifestBorsh.WriteEnvelope(writer, export.ManifestEnvelope);
                writer.Bytes(export.CoseSign1AttestationDoc.Span);
                break;
            case M.ExportKeyResponse export:
                writer.Variant(16);
                writer.Bytes(export.EncryptedQuorumKey.Span);
                writer.Bytes(export.Signature.Span);
                break;
            case M.InjectKeyRequest inject:
                writer.Variant(17);
                writer.Bytes(inject.EncryptedQuorumKey.Span);
                writer.Bytes(inject.Signature.Span);
                break;
            case M.InjectKeyResponse:
                writer.Variant(18);
                break;
            case M.ManifestEnvelopeRequest:
                writer.Variant(19);
                break;
            case M.ManifestEnvelopeResponse envelope:
                writer.Variant(20);
                WriteOptionalEnvelope(writer, envelope.ManifestEnvelope);
                break;
            case M.VersionRequest:
                writer.Variant(21);
                break;
            case M.VersionResponse version:
                writer.Variant(22);
                writer.String(version.Version);
                writer.String(version.Commit);
                break;
            case M.BootStandardJsonEnvelopeRequest boot:
                writer.Variant(BootStandardJsonEnvelope);
                writer.Bytes(ManifestEnvelopeFormat.WritePlain(boot.ManifestEnvelope));
                writer.Bytes(boot.Pivot.Span);
                break;
            default:
                throw new InvalidOperationException($"No Borsh form for {message.GetType().Name}.");
        }
    }

    /// <summary>The envelope that a message carries in Borsh, or null.</summary>
    internal static ManifestEnvelope? EnvelopeOf(ProtocolMessage message) => message switch
    {
        M.BootStandardRequest boot => boot.ManifestEnvelope,
        M.BootKeyForwardRequest boot => boot.ManifestEnvelope,
        M.ExportKeyRequest export => export.ManifestEnvelope,
        M.LiveAttestationDocResponse live => live.ManifestEnvelope,
        M.ManifestEnvelopeResponse envelope => envelope.ManifestEnvelope,
        _ => null,
    };

    private static bool CarriesEnvelope(byte variant) => variant is BootStandard or 12 or BootKeyForward or 15 or 20;

    private static ProtocolMessage ReadWhole(ReadOnlySpan<byte> bytes, ManifestVersion version)
    {
        var reader = new BorshReader(bytes);
        ProtocolMessage message = ReadVariant(ref reader, version);
        reader.End();
        return message;
    }

    private static M.LiveAttestationDocResponse? WithoutEnvelope(ReadOnlySpan<byte> bytes)
    {
        var reader = new BorshReader(bytes[1..]);
        var live = new M.LiveAttestationDocResponse(NsmResponseBorsh.Read(ref reader), null);
        if (reader.Option())
            return null;
        reader.End();
        return live;
    }

    private static ProtocolMessage ReadVariant(ref BorshReader reader, ManifestVersion version) => reader.Variant(VariantCount) switch
    {
        0 => new M.ProtocolErrorResponse(ErrorBorsh.Read(ref reader)),
        1 => new M.StatusRequest(),
        2 => new M.StatusResponse(ErrorBorsh.ReadPhase(ref reader)),
        BootStandard => new M.BootStandardRequest(ManifestBorsh.ReadEnvelope(ref reader, version), ReadPivot(ref reader)),
        4 => new M.BootStandardResponse(NsmResponseBorsh.Read(ref reader)),
        7 => new M.ProvisionRequest(reader.Bytes(ProtocolLimits.MaxEncryptedBytes), MemberBorsh.ReadApproval(ref reader)),
        8 => new M.ProvisionResponse(reader.Bool()),
        9 => new M.ProxyRequest(reader.Bytes(ProtocolLimits.MaxMessageBytes)),
        10 => new M.ProxyResponse(reader.Bytes(ProtocolLimits.MaxMessageBytes)),
        11 => new M.LiveAttestationDocRequest(),
        12 => new M.LiveAttestationDocResponse(NsmResponseBorsh.Read(ref reader), ReadOptionalEnvelope(ref reader, version)),
        BootKeyForward => new M.BootKeyForwardRequest(ManifestBorsh.ReadEnvelope(ref reader, version), ReadPivot(ref reader)),
        14 => new M.BootKeyForwardResponse(NsmResponseBorsh.Read(ref reader)),
        15 => new M.ExportKeyRequest(ManifestBorsh.ReadEnvelope(ref reader, version), reader.Bytes(ProtocolLimits.MaxDocumentBytes)),
        16 => new M.ExportKeyResponse(reader.Bytes(ProtocolLimits.MaxEncryptedBytes), reader.Bytes(ProtocolLimits.MaxSignatureBytes)),
        17 => new M.InjectKeyRequest(reader.Bytes(ProtocolLimits.MaxEncryptedBytes), reader.Bytes(ProtocolLimits.MaxSignatureBytes)),
        18 => new M.InjectKeyResponse(),
        19 => new M.ManifestEnvelopeRequest(),
        20 => new M.ManifestEnvelopeResponse(ReadOptionalEnvelope(ref reader, version)),
        21 => new M.VersionRequest(),
        22 => new M.VersionResponse(reader.String(ProtocolLimits.MaxNameBytes), reader.String(ProtocolLimits.MaxNameBytes)),
        BootStandardJsonEnvelope => new M.BootStandardJsonEnvelopeRequest(
            ManifestEnvelopeFormat.ReadJson(reader.BytesSpan()), ReadPivot(ref reader)),
        _ => throw reader.Error("genesis is JSON only"),
    };

    private static byte[] ReadPivot(ref BorshReader reader) => reader.Bytes(ProtocolLimits.MaxMessageBytes);

    private static ManifestEnvelope? ReadOptionalEnvelope(ref BorshReader reader, ManifestVersion version) =>
        reader.Option() ? ManifestBorsh.ReadEnvelope(ref reader, version) : null;

    private static void WriteOptionalEnvelope(BorshWriter writer, ManifestEnvelope? envelope)
    {
        writer.Option(envelope is not null);
        if (envelope is not null)
            ManifestBorsh.WriteEnvelope(writer, envelope);
    }
}
