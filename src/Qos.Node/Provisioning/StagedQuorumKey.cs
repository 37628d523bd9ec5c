namespace Qos.Node;

/// <summary>The two files that end a node's setup, complete under their hidden names.</summary>
internal sealed record StagedQuorumKey(IStagedFile EphemeralKey, IStagedFile QuorumKey) : IDisposable
{
    public void Dispose()
    {
        EphemeralKey.Dispose();
        QuorumKey.Dispose();
    }
}
