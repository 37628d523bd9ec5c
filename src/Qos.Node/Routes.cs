using Qos.Protocol;

namespace Qos.Node;

/// <summary>Which requests a node takes in which phase. Format: docs/protocol/messages.md, Phases and routes.</summary>
internal static class Routes
{
    /// <summary>Whether the request has a route on a node that looks like this.</summary>
    internal static bool Has(NodeView view, ProtocolMessage request) => request switch
    {
        // A node that took a reshare is in the phase of one that made a genesis, which takes no message of the reference's but status and version.
        ProtocolMessage.ReshareShareRequest => view.Reshare is { Output: null },
        ProtocolMessage.ReshareStateRequest => view.Reshare is not null,
        _ => Has(view.Phase, request),
    };

    private static bool Has(ProtocolPhase phase, ProtocolMessage request) => request switch
    {
        ProtocolMessage.StatusRequest or ProtocolMessage.VersionRequest or ProtocolMessage.NodeStatusRequest => true,
        ProtocolMessage.ManifestEnvelopeRequest => phase is not ProtocolPhase.GenesisBooted,
        ProtocolMessage.LiveAttestationDocRequest =>
            phase is not (ProtocolPhase.GenesisBooted or ProtocolPhase.WaitingForBootInstruction),
        ProtocolMessage.ModuleDocumentRequest => phase is ProtocolPhase.WaitingForBootInstruction,
        ProtocolMessage.BootGenesisRequest or ProtocolMessage.ReshareBootRequest => phase is ProtocolPhase.WaitingForBootInstruction,
        ProtocolMessage.ProvisionRequest => phase is ProtocolPhase.WaitingForQuorumShards,
        ProtocolMessage.InjectKeyRequest => phase is ProtocolPhase.WaitingForForwardedKey,
        ProtocolMessage.ExportKeyRequest => phase is ProtocolPhase.QuorumKeyProvisioned,
        _ => IsBoot(request) && phase is ProtocolPhase.WaitingForBootInstruction,
    };

    /// <summary>Whether the request brings a pivot.</summary>
    internal static bool IsBoot(ProtocolMessage request) => request is
        ProtocolMessage.BootStandardRequest
        or ProtocolMessage.BootKeyForwardRequest
        or ProtocolMessage.BootStandardJsonEnvelopeRequest;

    /// <summary>Whether the request changes nothing, but has to ask NSM for its answer.</summary>
    internal static bool AsksNsm(ProtocolMessage request) =>
        request is ProtocolMessage.LiveAttestationDocRequest or ProtocolMessage.ModuleDocumentRequest or ProtocolMessage.ExportKeyRequest
            or ProtocolMessage.ReshareStateRequest;

    /// <summary>Whether the request changes state: those are taken one at a time.</summary>
    internal static bool ChangesState(ProtocolMessage request) => IsBoot(request) || request is
        ProtocolMessage.BootGenesisRequest or ProtocolMessage.ProvisionRequest or ProtocolMessage.InjectKeyRequest
        or ProtocolMessage.ReshareBootRequest or ProtocolMessage.ReshareShareRequest;
}
