using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>Makes a quorum key and its shares, and forgets them. Format: docs/protocol/messages.md, Genesis.</summary>
internal sealed class NodeGenesis(NodeState state, KeySharing sharing)
{
    /// <summary>Makes the key; the node keeps nothing of it.</summary>
    /// <param name="set">Who gets shares; distinct in alias and both points.</param>
    /// <param name="drKey">A disaster-recovery public key that the seed is also encrypted to, or null.</param>
    /// <exception cref="ProtocolException">Refused, also when NSM does not attest the output: shares that nobody can verify are no use.</exception>
    internal ProtocolMessage.BootGenesisResponse Run(GenesisSet set, ReadOnlyMemory<byte>? drKey)
    {
        using KeySet quorum = KeySet.Generate(state.Random);
        GenesisOutput output = sharing.Share(quorum, set, drKey);
        NsmResponse attestation = state.Nsm.Attest(userData: GenesisOutputFormat.Hash(output));
        return new ProtocolMessage.BootGenesisResponse(attestation, output);
    }
}
