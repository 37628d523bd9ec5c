using Qos.Serialization;
using M = Qos.Protocol.ProtocolMessage;

namespace Qos.Protocol;

/// <summary>Messages in JSON: an externally tagged enumeration in camelCase with fields in snake_case. Specification: protocol, Messages.</summary>
internal static partial class MessageJson
{
    internal static ProtocolMessage Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new QosJsonReader(bytes);
        ProtocolMessage message;
        if (reader.PeekKind() == JsonKind.String)
        {
            message = Unit(ref reader, reader.ReadString(64));
        }
        else
        {
            message = ReadFields(ref reader, JsonVariants.Open(ref reader));
            JsonVariants.Close(ref reader);
        }

        reader.End();
        return message;
    }

    private static ProtocolMessage Unit(ref QosJsonReader reader, string name) => name switch
    {
        "statusRequest" => new M.StatusRequest(),
        "liveAttestationDocRequest" => new M.LiveAttestationDocRequest(),
        "injectKeyResponse" => new M.InjectKeyResponse(),
        "manifestEnvelopeRequest" => new M.ManifestEnvelopeRequest(),
        "versionRequest" => new M.VersionRequest(),
        "moduleDocumentRequest" => new M.ModuleDocumentRequest(),
        "nodeStatusRequest" => new M.NodeStatusRequest(),
        _ => throw reader.Error("unknown message, or one that needs fields"),
    };

    private static ProtocolMessage ReadFields(ref QosJsonReader reader, string name)
    {
        switch (name)
        {
            case "protocolErrorResponse":
                return new M.ProtocolErrorResponse(ErrorJson.Read(ref reader));
            case "statusResponse":
                return new M.StatusResponse(JsonVariants.ReadPhase(ref reader));
            case "nodeStatusResponse":
                return new M.NodeStatusResponse(NodeStatusJson.Read(ref reader));
        }

        MessageFields fields = MessageFields.Read(ref reader, MessageFields.Of(name) ?? throw reader.Error("unknown message"));
        return name switch
        {
            "bootStandardRequest" => new M.BootStandardRequest(fields.Envelope!, fields.Pivot),
            "bootStandardResponse" => new M.BootStandardResponse(fields.NsmResponse!),
            "bootGenesisRequest" => new M.BootGenesisRequest(fields.Set!, fields.DrKey),
            "bootGenesisResponse" => new M.BootGenesisResponse(fields.NsmResponse!, fields.GenesisOutput!),
            "provisionRequest" => new M.ProvisionRequest(fields.Share, fields.Approval!),
            "provisionResponse" => new M.ProvisionResponse(fields.Reconstructed),
            "proxyRequest" => new M.ProxyRequest(fields.Data),
            "proxyResponse" => new M.ProxyResponse(fields.Data),
            "liveAttestationDocResponse" => new M.LiveAttestationDocResponse(fields.NsmResponse!, fields.Envelope),
            "bootKeyForwardRequest" => new M.BootKeyForwardRequest(fields.Envelope!, fields.Pivot),
            "bootKeyForwardResponse" => new M.BootKeyForwardResponse(fields.NsmResponse!),
            "exportKeyRequest" => new M.ExportKeyRequest(fields.Envelope!, fields.Document),
            "exportKeyResponse" => new M.ExportKeyResponse(fields.EncryptedQuorumKey, fields.Signature),
            "injectKeyRequest" => new M.InjectKeyRequest(fields.EncryptedQuorumKey, fields.Signature),
            "manifestEnvelopeResponse" => new M.ManifestEnvelopeResponse(fields.Envelope),
            "versionResponse" => new M.VersionResponse(fields.Version!, fields.Commit!),
            _ => throw reader.Error("unknown message"),
        };
    }
}
