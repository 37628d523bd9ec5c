namespace Qos.Protocol;

/// <summary>The messages' Borsh indices. Specification: protocol, Messages. What is ours and JSON only has none.</summary>
internal enum MessageIndex
{
    ProtocolErrorResponse = 0,
    StatusRequest = 1,
    StatusResponse = 2,
    BootStandardRequest = 3,
    BootStandardResponse = 4,
    BootGenesisRequest = 5,
    BootGenesisResponse = 6,
    ProvisionRequest = 7,
    ProvisionResponse = 8,
    ProxyRequest = 9,
    ProxyResponse = 10,
    LiveAttestationDocRequest = 11,
    LiveAttestationDocResponse = 12,
    BootKeyForwardRequest = 13,
    BootKeyForwardResponse = 14,
    ExportKeyRequest = 15,
    ExportKeyResponse = 16,
    InjectKeyRequest = 17,
    InjectKeyResponse = 18,
    ManifestEnvelopeRequest = 19,
    ManifestEnvelopeResponse = 20,
    VersionRequest = 21,
    VersionResponse = 22,
    BootStandardJsonEnvelopeRequest = 23,
    Last = BootStandardJsonEnvelopeRequest,
}
