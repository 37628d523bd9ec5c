using Qos.Keys;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>
/// How a quorum key comes into force, from shares or from another node: the live key takes the setup key's place, and the quorum key
/// is written last, because its file starts the pivot. Format: docs/protocol/messages.md, Provisioning; Key forwarding, step 3.
/// </summary>
internal sealed class QuorumKeyPublication(NodeState state)
{
    /// <summary>Writes both files under hidden names; nothing is changed yet.</summary>
    /// <exception cref="NodeFileException">There is no room for them.</exception>
    internal StagedQuorumKey Stage(KeySet quorum)
    {
        KeySet live = state.LiveKey ?? throw new ProtocolException(ProtocolErrorCode.MissingLiveEphemeralKey);
        using SecretMemory liveSeed = live.ExportSeed();
        using SecretMemory quorumSeed = quorum.ExportSeed();
        IStagedFile ephemeralFile = state.Files.StageEphemeralKeyRotation(liveSeed.Span);
        try
        {
            return new StagedQuorumKey(ephemeralFile, state.Files.StageQuorumKey(quorumSeed.Span));
        }
        catch
        {
            ephemeralFile.Dispose();
            throw;
        }
    }

    /// <summary>Makes both files appear and forgets the ephemeral keys.</summary>
    /// <exception cref="NodeFileException">The ephemeral key could not be replaced; nothing was changed.</exception>
    /// <exception cref="UnrecoverableException">It was replaced, but the quorum key could not be published.</exception>
    internal void Publish(StagedQuorumKey staged)
    {
        KeySet live = state.LiveKey ?? throw new ProtocolException(ProtocolErrorCode.MissingLiveEphemeralKey);
        staged.EphemeralKey.Publish();
        state.View = state.View with { EphemeralPublicKey = live.PublicKey.Bytes.ToArray() };
        UnrecoverableException.Guard(staged.QuorumKey.Publish);
        state.ForgetKeys();
    }
}

/// <summary>The two files that end a node's setup, complete under their hidden names.</summary>
internal sealed record StagedQuorumKey(IStagedFile EphemeralKey, IStagedFile QuorumKey) : IDisposable
{
    public void Dispose()
    {
        EphemeralKey.Dispose();
        QuorumKey.Dispose();
    }
}
