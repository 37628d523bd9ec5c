using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>
/// Takes an approved request, then the old set's shares, and splits the same key anew, or only shows that the shares make it. Nothing is written to a file and
/// no pivot ever starts. Format: docs/protocol/reshare.md.
/// </summary>
internal sealed class NodeReshare(NodeState state, KeySharing sharing) : IDisposable
{
    private readonly ShareSlots _slots = new();

    /// <summary>Takes the request and commits the setup key to it.</summary>
    /// <exception cref="ProtocolException">Refused, nothing was changed.</exception>
    /// <exception cref="UnrecoverableException">Failed after the PCR bank was changed.</exception>
    internal void Begin(ReshareEnvelope envelope)
    {
        ReshareChecks.Check(envelope);
        byte[] hash = ReshareFormat.Hash(envelope.Request);
        KeySet? setup = KeySet.Generate(state.Random);
        try
        {
            var commitments = new CommitmentPcrs(state.Nsm, ManifestCommitment.Reshare(setup.PublicKey.Bytes, hash));
            commitments.CheckUntouched();
            commitments.ExtendAndLock();
            state.View = state.View with { Reshare = new ReshareView(envelope, hash, setup.PublicKey, [], null) };
            state.SetupKey = setup;
            setup = null;
        }
        finally
        {
            setup?.Dispose();
        }
    }

    /// <summary>Takes one share by the rules of provisioning: one slot for each member, and a wrong share keeps no right one from making the key.</summary>
    /// <exception cref="ProtocolException">
    /// Refused. The share was kept nevertheless when it has the right form but no combination of shares makes the key: the node goes on waiting.
    /// </exception>
    internal void Take(ReadOnlyMemory<byte> encryptedShare, Approval approval)
    {
        ReshareView view = Current;
        ReshareChecks.CheckSignature(
            approval, ReshareFormat.ShareMessage(view.RequestHash.Span, view.SetupKey.Bytes, encryptedShare.Span), view.Envelope.Request);
        ShareSlot added = ShareSlot.Open(approval, encryptedShare.Span, state.SetupKey);
        bool isKept = false;
        try
        {
            ShareSlot[] slots = _slots.With(added);
            ReshareRequest request = view.Envelope.Request;
            var search = new QuorumKeySearch(request.QuorumKey, (int)request.From.Threshold, state.Random);
            using KeySet? quorum = slots.Length >= request.From.Threshold ? search.Find(added, slots) : null;
            // Everything is made before anything changes: a failure here leaves the node as it was, and the share can be posted again.
            ReshareOutput? output = quorum is null ? null : new ReshareOutput([.. search.Found.Select(slot => slot.Member)], Split(quorum, request));

            _slots.Keep(slots);
            isKept = true;
            state.View = state.View with { Reshare = view with { Received = [.. slots.Select(slot => slot.Member)], Output = output } };
            if (output is not null)
                Forget();
            else if (slots.Length >= request.From.Threshold)
                throw search.Failure();
        }
        finally
        {
            if (!isKept)
                added.Share.Dispose();
        }
    }

    /// <summary>What there is to see, with a fresh document: about the request first, about the output once it is there.</summary>
    internal ProtocolMessage.ReshareStateResponse Show()
    {
        ReshareView view = Current;
        byte[] userData = view.Output is { } output ? ReshareFormat.OutputHash(view.RequestHash.Span, output) : view.RequestHash.ToArray();
        // NSM's error, if it answers with one, is passed on: the document can be asked for again, as long as the enclave runs.
        return new(new ReshareState(state.Nsm.TryAttest(userData, view.SetupKey.Memory), view.Envelope, view.Received, view.Output));
    }

    public void Dispose() => _slots.Dispose();

    private ReshareView Current => state.View.Reshare ?? throw new ProtocolException(ProtocolError.NoMatchingRoute(state.View.Phase));

    private GenesisOutput? Split(KeySet quorum, ReshareRequest request) =>
        request.To is { } to ? sharing.Share(quorum, new GenesisSet(to.Members, to.Threshold), request.RecoveryKey) : null;

    private void Forget()
    {
        _slots.Dispose();
        state.ForgetKeys();
    }
}

/// <summary>A reshare as it is seen at one moment; immutable.</summary>
/// <param name="Envelope">The request with its approvals.</param>
/// <param name="RequestHash">The request's hash, 32 bytes.</param>
/// <param name="SetupKey">The public half of the setup key, which shares are encrypted to.</param>
/// <param name="Received">Whose shares are in.</param>
/// <param name="Output">The output; once it is there no share is taken any more.</param>
internal sealed record ReshareView(
    ReshareEnvelope Envelope, ReadOnlyMemory<byte> RequestHash, PublicKey SetupKey, IReadOnlyList<QuorumMember> Received, ReshareOutput? Output);
