using System.Diagnostics.CodeAnalysis;
using Qos.Serialization;
using F = Qos.Protocol.MessageField;
using M = Qos.Protocol.ProtocolMessage;

namespace Qos.Protocol;

/// <summary>Every message of the protocol: index, name, fields. Format: docs/protocol/messages.md, Messages.</summary>
internal static class MessageTable
{
    private static readonly MessageFormat[] s_all =
    [
        new FieldFormat<M.ProtocolErrorResponse, ProtocolError>(
            MessageIndex.ProtocolErrorResponse, "protocolErrorResponse", F.Error, static m => m.Error, static error => new(error), isBare: true),
        new UnitFormat<M.StatusRequest>(MessageIndex.StatusRequest, "statusRequest"),
        new FieldFormat<M.StatusResponse, ProtocolPhase>(
            MessageIndex.StatusResponse, "statusResponse", F.Phase, static m => m.Phase, static phase => new(phase), isBare: true),
        new FieldsFormat<M.BootStandardRequest, ManifestEnvelope, ReadOnlyMemory<byte>>(
            MessageIndex.BootStandardRequest, "bootStandardRequest", F.Envelope, F.Pivot, static m => (m.ManifestEnvelope, m.Pivot), static (envelope, pivot) => new(envelope, pivot)),
        new FieldFormat<M.BootStandardResponse, Nsm.NsmResponse>(
            MessageIndex.BootStandardResponse, "bootStandardResponse", F.NsmAnswer, static m => m.NsmResponse, static answer => new(answer)),
        new FieldsFormat<M.BootGenesisRequest, GenesisSet, ReadOnlyMemory<byte>?>(
            MessageIndex.BootGenesisRequest, "bootGenesisRequest", F.Set, F.DrKey, static m => (m.Set, m.DrKey), static (set, key) => new(set, key)),
        new FieldsFormat<M.BootGenesisResponse, Nsm.NsmResponse, GenesisOutput>(
            MessageIndex.BootGenesisResponse, "bootGenesisResponse", F.NsmAnswer, F.Output, static m => (m.NsmResponse, m.GenesisOutput), static (answer, output) => new(answer, output)),
        new FieldsFormat<M.ProvisionRequest, ReadOnlyMemory<byte>, Approval>(
            MessageIndex.ProvisionRequest, "provisionRequest", F.Share, F.Approval, static m => (m.Share, m.Approval), static (share, approval) => new(share, approval)),
        new FieldFormat<M.ProvisionResponse, bool>(
            MessageIndex.ProvisionResponse, "provisionResponse", F.Reconstructed, static m => m.Reconstructed, static value => new(value)),
        new FieldFormat<M.ProxyRequest, ReadOnlyMemory<byte>>(
            MessageIndex.ProxyRequest, "proxyRequest", F.Data, static m => m.Data, static data => new(data)),
        new FieldFormat<M.ProxyResponse, ReadOnlyMemory<byte>>(
            MessageIndex.ProxyResponse, "proxyResponse", F.Data, static m => m.Data, static data => new(data)),
        new UnitFormat<M.LiveAttestationDocRequest>(MessageIndex.LiveAttestationDocRequest, "liveAttestationDocRequest"),
        new FieldsFormat<M.LiveAttestationDocResponse, Nsm.NsmResponse, ManifestEnvelope?>(
            MessageIndex.LiveAttestationDocResponse, "liveAttestationDocResponse", F.NsmAnswer, F.OptionalEnvelope,
            static m => (m.NsmResponse, m.ManifestEnvelope), static (answer, envelope) => new(answer, envelope)),
        new FieldsFormat<M.BootKeyForwardRequest, ManifestEnvelope, ReadOnlyMemory<byte>>(
            MessageIndex.BootKeyForwardRequest, "bootKeyForwardRequest", F.Envelope, F.Pivot, static m => (m.ManifestEnvelope, m.Pivot), static (envelope, pivot) => new(envelope, pivot)),
        new FieldFormat<M.BootKeyForwardResponse, Nsm.NsmResponse>(
            MessageIndex.BootKeyForwardResponse, "bootKeyForwardResponse", F.NsmAnswer, static m => m.NsmResponse, static answer => new(answer)),
        new FieldsFormat<M.ExportKeyRequest, ManifestEnvelope, ReadOnlyMemory<byte>>(
            MessageIndex.ExportKeyRequest, "exportKeyRequest", F.Envelope, F.Document, static m => (m.ManifestEnvelope, m.CoseSign1AttestationDoc), static (envelope, document) => new(envelope, document)),
        new FieldsFormat<M.ExportKeyResponse, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(
            MessageIndex.ExportKeyResponse, "exportKeyResponse", F.EncryptedQuorumKey, F.Signature, static m => (m.EncryptedQuorumKey, m.Signature), static (key, signature) => new(key, signature)),
        new FieldsFormat<M.InjectKeyRequest, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(
            MessageIndex.InjectKeyRequest, "injectKeyRequest", F.EncryptedQuorumKey, F.Signature, static m => (m.EncryptedQuorumKey, m.Signature), static (key, signature) => new(key, signature)),
        new UnitFormat<M.InjectKeyResponse>(MessageIndex.InjectKeyResponse, "injectKeyResponse"),
        new UnitFormat<M.ManifestEnvelopeRequest>(MessageIndex.ManifestEnvelopeRequest, "manifestEnvelopeRequest"),
        new FieldFormat<M.ManifestEnvelopeResponse, ManifestEnvelope?>(
            MessageIndex.ManifestEnvelopeResponse, "manifestEnvelopeResponse", F.OptionalEnvelope, static m => m.ManifestEnvelope, static envelope => new(envelope)),
        new UnitFormat<M.VersionRequest>(MessageIndex.VersionRequest, "versionRequest"),
        new FieldsFormat<M.VersionResponse, string, string>(
            MessageIndex.VersionResponse, "versionResponse", F.Version, F.Commit, static m => (m.Version, m.Commit), static (version, commit) => new(version, commit)),
        new FieldsFormat<M.BootStandardJsonEnvelopeRequest, ManifestEnvelope, ReadOnlyMemory<byte>>(
            MessageIndex.BootStandardJsonEnvelopeRequest, "", F.JsonEnvelope, F.Pivot, static m => (m.ManifestEnvelope, m.Pivot), static (envelope, pivot) => new(envelope, pivot)),
        new UnitFormat<M.ModuleDocumentRequest>(MessageIndex.None, "moduleDocumentRequest"),
        new UnitFormat<M.NodeStatusRequest>(MessageIndex.None, "nodeStatusRequest"),
        new FieldFormat<M.NodeStatusResponse, NodeStatus>(
            MessageIndex.None, "nodeStatusResponse", F.Status, static m => m.Status, static status => new(status), isBare: true),
        new FieldFormat<M.ReshareBootRequest, ReshareEnvelope>(
            MessageIndex.None, "reshareBootRequest", F.ReshareEnvelope, static m => m.Envelope, static envelope => new(envelope)),
        new FieldsFormat<M.ReshareShareRequest, ReadOnlyMemory<byte>, Approval>(
            MessageIndex.None, "reshareShareRequest", F.Share, F.Approval, static m => (m.Share, m.Approval), static (share, approval) => new(share, approval)),
        new UnitFormat<M.ReshareStateRequest>(MessageIndex.None, "reshareStateRequest"),
        new FieldFormat<M.ReshareStateResponse, ReshareState>(
            MessageIndex.None, "reshareStateResponse", F.ReshareState, static m => m.State, static state => new(state), isBare: true),
    ];

    private static readonly Dictionary<string, MessageFormat> s_byName = s_all.Where(static format => format.Name.Length > 0).ToDictionary(static format => format.Name, StringComparer.Ordinal);
    private static readonly Dictionary<Type, MessageFormat> s_byType = s_all.ToDictionary(static format => format.Type);
    private static readonly MessageFormat[] s_byIndex = [.. s_all.Where(static format => format.Index != MessageIndex.None).OrderBy(static format => format.Index)];

    /// <summary>The format of a message of the protocol.</summary>
    internal static MessageFormat Of(ProtocolMessage message) => s_byType[message.GetType()];

    internal static bool TryGet(string name, [NotNullWhen(true)] out MessageFormat? format) => s_byName.TryGetValue(name, out format);

    /// <summary>Reads a message's index.</summary>
    /// <exception cref="EncodingException">There is no such message.</exception>
    internal static MessageFormat ReadIndex(ref BorshReader reader) => s_byIndex[reader.ReadVariant(s_byIndex.Length)];
}

/// <summary>The messages' Borsh indices.</summary>
internal enum MessageIndex
{
    None = -1,
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
