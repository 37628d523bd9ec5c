using Qos.Nsm;
using Qos.Serialization;
using M = Qos.Protocol.ProtocolMessage;

namespace Qos.Protocol;

/// <content>Writing messages, members in canonical order.</content>
internal static partial class MessageJson
{
    /// <summary>Canonical JSON, or null for a message that JSON does not have.</summary>
    internal static byte[]? Write(ProtocolMessage message)
    {
        using var writer = new QosJsonWriter(JsonForm.Canonical);
        if (UnitName(message) is { } unit)
        {
            writer.String(unit);
            return writer.ToArray();
        }

        if (message is M.BootStandardJsonEnvelopeRequest)
            return null;
        writer.BeginObject();
        WriteVariant(writer, message);
        writer.EndObject();
        return writer.ToArray();
    }

    private static string? UnitName(ProtocolMessage message) => message switch
    {
        M.StatusRequest => "statusRequest",
        M.LiveAttestationDocRequest => "liveAttestationDocRequest",
        M.InjectKeyResponse => "injectKeyResponse",
        M.ManifestEnvelopeRequest => "manifestEnvelopeRequest",
        M.VersionRequest => "versionRequest",
        M.ModuleDocumentRequest => "moduleDocumentRequest",
        M.NodeStatusRequest => "nodeStatusRequest",
        _ => null,
    };

    private static void WriteVariant(QosJsonWriter writer, ProtocolMessage message)
    {
        switch (message)
        {
            case M.ProtocolErrorResponse error:
                writer.Name("protocolErrorResponse"u8);
                ErrorJson.Write(writer, error.Error);
                return;
            case M.StatusResponse status:
                writer.Name("statusResponse"u8);
                writer.String(PhaseText.Format(status.Phase));
                return;
            case M.NodeStatusResponse status:
                writer.Name("nodeStatusResponse"u8);
                writer.Raw(JsonMembers.Canonical(status.Status, NodeStatusJson.Write));
                return;
        }

        writer.Name(VariantName(message));
        writer.BeginObject();
        WriteFields(writer, message);
        writer.EndObject();
    }

    private static ReadOnlySpan<byte> VariantName(ProtocolMessage message) => message switch
    {
        M.BootStandardRequest => "bootStandardRequest"u8,
        M.BootStandardResponse => "bootStandardResponse"u8,
        M.BootGenesisRequest => "bootGenesisRequest"u8,
        M.BootGenesisResponse => "bootGenesisResponse"u8,
        M.ProvisionRequest => "provisionRequest"u8,
        M.ProvisionResponse => "provisionResponse"u8,
        M.ProxyRequest => "proxyRequest"u8,
        M.ProxyResponse => "proxyResponse"u8,
        M.LiveAttestationDocResponse => "liveAttestationDocResponse"u8,
        M.BootKeyForwardRequest => "bootKeyForwardRequest"u8,
        M.BootKeyForwardResponse => "bootKeyForwardResponse"u8,
        M.ExportKeyRequest => "exportKeyRequest"u8,
        M.ExportKeyResponse => "exportKeyResponse"u8,
        M.InjectKeyRequest => "injectKeyRequest"u8,
        M.ManifestEnvelopeResponse => "manifestEnvelopeResponse"u8,
        M.VersionResponse => "versionResponse"u8,
        _ => throw new InvalidOperationException($"No wire form for {message.GetType().Name}."),
    };

    private static void WriteFields(QosJsonWriter writer, ProtocolMessage message)
    {
        switch (message)
        {
            case M.BootStandardRequest boot:
                WriteEnvelope(writer, boot.ManifestEnvelope);
                WriteHex(writer, "pivot"u8, boot.Pivot);
                break;
            case M.BootKeyForwardRequest boot:
                WriteEnvelope(writer, boot.ManifestEnvelope);
                WriteHex(writer, "pivot"u8, boot.Pivot);
                break;
            case M.BootStandardResponse boot:
                WriteNsm(writer, boot.NsmResponse);
                break;
            case M.BootKeyForwardResponse boot:
                WriteNsm(writer, boot.NsmResponse);
                break;
            case M.BootGenesisRequest genesis:
                if (genesis.DrKey is { } drKey)
                    WriteHex(writer, "dr_key"u8, drKey);
                writer.Name("set"u8);
                writer.Raw(JsonMembers.Canonical(genesis.Set, MemberJson.WriteGenesisSet));
                break;
            case M.BootGenesisResponse genesis:
                writer.Name("genesis_output"u8);
                writer.Raw(JsonMembers.Canonical(genesis.GenesisOutput, GenesisJson.Write));
                WriteNsm(writer, genesis.NsmResponse);
                break;
            case M.ProvisionRequest provision:
                writer.Name("approval"u8);
                writer.Raw(JsonMembers.Canonical(provision.Approval, EnvelopeJson.WriteApproval));
                WriteHex(writer, "share"u8, provision.Share);
                break;
            case M.ProvisionResponse provision:
                writer.Name("reconstructed"u8);
                writer.Bool(provision.Reconstructed);
                break;
            case M.ProxyRequest proxy:
                WriteHex(writer, "data"u8, proxy.Data);
                break;
            case M.ProxyResponse proxy:
                WriteHex(writer, "data"u8, proxy.Data);
                break;
            case M.LiveAttestationDocResponse live:
                WriteEnvelope(writer, live.ManifestEnvelope);
                WriteNsm(writer, live.NsmResponse);
                break;
            case M.ExportKeyRequest export:
                WriteHex(writer, "cose_sign1_attestation_doc"u8, export.CoseSign1AttestationDoc);
                WriteEnvelope(writer, export.ManifestEnvelope);
                break;
            case M.ExportKeyResponse export:
                WriteHex(writer, "encrypted_quorum_key"u8, export.EncryptedQuorumKey);
                WriteHex(writer, "signature"u8, export.Signature);
                break;
            case M.InjectKeyRequest inject:
                WriteHex(writer, "encrypted_quorum_key"u8, inject.EncryptedQuorumKey);
                WriteHex(writer, "signature"u8, inject.Signature);
                break;
            case M.ManifestEnvelopeResponse envelope:
                WriteEnvelope(writer, envelope.ManifestEnvelope);
                break;
            case M.VersionResponse version:
                writer.Name("commit"u8);
                writer.String(version.Commit);
                writer.Name("version"u8);
                writer.String(version.Version);
                break;
        }
    }

    private static void WriteEnvelope(QosJsonWriter writer, ManifestEnvelope? envelope)
    {
        if (envelope is null)
            return;
        writer.Name("manifest_envelope"u8);
        writer.Raw(ManifestEnvelopeFormat.WriteCanonical(envelope));
    }

    private static void WriteNsm(QosJsonWriter writer, NsmResponse response)
    {
        writer.Name("nsm_response"u8);
        NsmResponseJson.Write(writer, response);
    }

    private static void WriteHex(QosJsonWriter writer, ReadOnlySpan<byte> name, ReadOnlyMemory<byte> bytes)
    {
        writer.Name(name);
        writer.Hex(bytes.Span);
    }
}
