using Qos.Keys;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>An attestation document for the ephemeral key that is published now. Specification: protocol, Standard boot, step 5.</summary>
internal sealed class LiveAttestation(NodeState state)
{
    /// <summary>Asks NSM; its error, if it answers with one, is passed on.</summary>
    /// <exception cref="ProtocolException">The node never got so far as to publish a key or a manifest.</exception>
    internal ProtocolMessage.LiveAttestationDocResponse Attest(NodeView view)
    {
        if (view.EphemeralPublicKey is not { } publicKey)
        {
            throw new ProtocolException(
                ProtocolError.WithKeyError(ProtocolErrorCode.FailedToGetEphemeralKey, KeyError.FailedToReadSecret));
        }

        if (view.Envelope is null)
            throw new ProtocolException(ProtocolErrorCode.FailedToGetManifestEnvelope);
        return new ProtocolMessage.LiveAttestationDocResponse(state.Nsm.TryAttest(view.ManifestHash, publicKey), view.Envelope);
    }
}
