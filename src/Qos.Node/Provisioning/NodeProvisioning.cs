using Qos.Keys;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>Takes members' shares until they make the quorum key. Format: docs/protocol/messages.md, Provisioning.</summary>
internal sealed class NodeProvisioning(NodeState state, QuorumKeyPublication publication) : IDisposable
{
    private readonly ShareSlots _slots = new();

    /// <summary>Begins to wait for shares, with none.</summary>
    internal void Begin() =>
        state.View = state.View with { Shares = ShareSlots.StatusFrom(state.Envelope.Manifest.ShareSet, []) };

    /// <summary>Takes one share.</summary>
    /// <returns>Whether the quorum key is there now.</returns>
    /// <exception cref="ProtocolException">
    /// Refused. The share was kept nevertheless when it decrypted and has the right form but no combination of shares makes the key: the
    /// node goes on waiting.
    /// </exception>
    /// <exception cref="UnrecoverableException">The key was reconstructed, and publishing it failed half-way.</exception>
    internal bool Provision(ReadOnlyMemory<byte> encryptedShare, Approval approval)
    {
        ManifestEnvelope envelope = state.Envelope;
        CheckApproval(approval, envelope.Manifest);
        ShareSlot added = ShareSlot.Open(approval, encryptedShare.Span, state.SetupKey);
        bool isKept = false;
        try
        {
            return Take(added, envelope, ref isKept);
        }
        finally
        {
            if (!isKept)
                added.Share.Dispose();
        }
    }

    public void Dispose() => _slots.Dispose();

    private bool Take(ShareSlot added, ManifestEnvelope envelope, ref bool isKept)
    {
        MemberSet set = envelope.Manifest.ShareSet;
        ShareSlot[] slots = _slots.With(added);
        var search = new QuorumKeySearch(
            envelope.Manifest.Namespace.QuorumKey, (int)Math.Min(set.Threshold, int.MaxValue), state.Random);
        using KeySet? quorum = slots.Length >= set.Threshold ? search.Find(added, slots) : null;

        ManifestEnvelope approved = envelope with { ShareSetApprovals = [.. slots.Select(slot => slot.Approval)] };
        using IStagedFile envelopeFile = state.Files.StageManifestEnvelopeReplacement(ManifestEnvelopeFormat.Write(approved));
        using StagedQuorumKey? key = quorum is null ? null : publication.Stage(quorum);

        envelopeFile.Publish();
        _slots.Keep(slots);
        isKept = true;
        state.View = state.View with { Envelope = approved, Shares = ShareSlots.StatusFrom(set, slots) };

        if (key is not null)
        {
            publication.Publish(key);
            _slots.Dispose();
            return true;
        }

        return slots.Length < set.Threshold ? false : throw search.Failure();
    }

    private static void CheckApproval(Approval approval, Manifest manifest)
    {
        // The signature comes first: nothing else in the request means anything before it holds.
        if (!PublicKey.Parse(approval.Member.PubKey.Span).Verify(ManifestFormat.Hash(manifest), approval.Signature.Span))
            throw new ProtocolException(ProtocolErrorCode.CouldNotVerifyApproval);
        if (!manifest.ShareSet.Members.Contains(approval.Member))
            throw new ProtocolException(ProtocolErrorCode.NotShareSetMember);
    }
}
