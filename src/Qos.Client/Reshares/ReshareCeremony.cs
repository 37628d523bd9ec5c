using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>
/// New shares of a quorum key for another set, or a drill with the shares that there are: asked for, given, fetched, taken. Format: docs/protocol/reshare.md.
/// </summary>
public static class ReshareCeremony
{
    /// <summary>Refuses a request that no node takes, or that nobody should approve.</summary>
    /// <exception cref="CeremonyException">A threshold, a member, a key or a measurement cannot be.</exception>
    public static void RequireSound(ReshareRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            ReshareChecks.CheckRequest(request);
        }
        catch (ProtocolException e)
        {
            throw new CeremonyException($"No node takes this request: {e.Message}", e);
        }

        for (int index = 0; index < request.Pcrs.Count - 1; index++)
        {
            if (!request.Pcrs[index].Span.ContainsAnyExcept((byte)0))
                throw new CeremonyException($"The request is refused: its PCR{index} is all zero, as only a debug enclave's is, and whoever runs one can read the key in its memory.");
        }
    }

    /// <summary>Has a node take a request. A node that took the same one before goes on from where it is.</summary>
    /// <exception cref="CeremonyException">The request is not approved, the node does something else already, or its document is refused.</exception>
    /// <exception cref="ProtocolException">The node refused.</exception>
    public static async Task<ReshareState> RunAsync(NodeClient node, ReshareEnvelope envelope, AttestationPolicy policy, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(envelope);
        ArgumentNullException.ThrowIfNull(policy);
        RequireSound(envelope.Request);
        ReshareApproval.RequireApproved(envelope, "The request is refused");
        policy.RequireUsableRoot();
        NodeStatus status = await node.StatusAsync(cancellationToken).ConfigureAwait(false);
        if (status.Phase == ProtocolPhase.GenesisBooted)
            return await StateAsync(node, envelope.Request, policy, cancellationToken).ConfigureAwait(false);
        if (status.Phase != ProtocolPhase.WaitingForBootInstruction)
            throw new CeremonyException($"The node at {node.Base} is in phase {status.Phase}, and only a node that waits for its boot instruction takes a request: start it anew.");

        // A wrong root or a wrong image is seen before the node commits itself for good.
        if (await node.ModuleDocumentAsync(cancellationToken).ConfigureAwait(false) is { } document)
            policy.Verify(document);
        ReshareState state = (await node.AskAsync<ProtocolMessage.ReshareStateResponse>(new ProtocolMessage.ReshareBootRequest(envelope), cancellationToken)
            .ConfigureAwait(false)).State;
        Verify(state, envelope.Request, policy);
        return state;
    }

    /// <summary>How far a node is with a request: its document is verified, and so is the output when it is there.</summary>
    /// <exception cref="CeremonyException">The node took another request, or its document is refused.</exception>
    /// <exception cref="ProtocolException">The node took none.</exception>
    public static async Task<ReshareState> StateAsync(NodeClient node, ReshareRequest request, AttestationPolicy policy, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(node);
        ReshareState state = (await node.AskAsync<ProtocolMessage.ReshareStateResponse>(new ProtocolMessage.ReshareStateRequest(), cancellationToken)
            .ConfigureAwait(false)).State;
        Verify(state, request, policy);
        return state;
    }

    /// <summary>Verifies what a node shows against the own request: the same one, approved, and a document about it.</summary>
    /// <returns>The node's setup key.</returns>
    /// <exception cref="CeremonyException">It is another request, or the document is refused.</exception>
    public static PublicKey Verify(ReshareState state, ReshareRequest request, AttestationPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(request);
        if (!ReshareFormat.Hash(state.Envelope.Request).AsSpan().SequenceEqual(ReshareFormat.Hash(request)))
        {
            throw new CeremonyException(
                $"The node took another request, with the hash {Convert.ToHexStringLower(ReshareFormat.Hash(state.Envelope.Request))}, and yours is {Convert.ToHexStringLower(ReshareFormat.Hash(request))}.");
        }

        return Verify(state.Envelope, state.Output, Attestation.From(state.NsmResponse), policy);
    }

    /// <summary>Encrypts a share to the enclave and signs that it is for it alone; <see cref="Verify(ReshareState, ReshareRequest, AttestationPolicy)"/> comes first.</summary>
    /// <param name="encryptedShare">The share as the member keeps it.</param>
    /// <param name="setupKey">What was verified.</param>
    /// <param name="request">The request.</param>
    /// <param name="alias">The member's alias in the old set.</param>
    /// <param name="key">The member's key.</param>
    /// <param name="random">For the envelope.</param>
    /// <exception cref="CeremonyException">The share is not encrypted to this key, or is not a member's.</exception>
    public static ProtocolMessage.ReshareShareRequest Reencrypt(
        ReadOnlySpan<byte> encryptedShare, PublicKey setupKey, ReshareRequest request, string alias, IKeyPair key, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(setupKey);
        ArgumentNullException.ThrowIfNull(key);
        QuorumMember member = ReshareApproval.RequireMember(request, alias, key.PublicKey);
        byte[] reencrypted = ShareCeremony.Reencrypt(encryptedShare, setupKey, key, random);
        byte[] message = ReshareFormat.ShareMessage(ReshareFormat.Hash(request), setupKey.Bytes, reencrypted);
        return new ProtocolMessage.ReshareShareRequest(reencrypted, new Approval(key.Sign(message), member));
    }

    /// <summary>Posts a share.</summary>
    /// <returns>What the node shows then, verified.</returns>
    /// <exception cref="CeremonyException">The node's document is refused.</exception>
    /// <exception cref="ProtocolException">The node refused the share.</exception>
    public static async Task<ReshareState> PostAsync(
        NodeClient node, ProtocolMessage.ReshareShareRequest share, ReshareRequest request, AttestationPolicy policy, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(node);
        ReshareState state = (await node.AskAsync<ProtocolMessage.ReshareStateResponse>(share, cancellationToken).ConfigureAwait(false)).State;
        Verify(state, request, policy);
        return state;
    }

    /// <summary>A new member takes the own share: it decrypts with the member's key and has the attested hash. What is kept is the share as it came.</summary>
    /// <exception cref="CeremonyException">There is no share for this member, or it is not what was attested.</exception>
    public static ReadOnlyMemory<byte> Accept(ReshareRecord record, string alias, IKeyPair key)
    {
        ArgumentNullException.ThrowIfNull(record);
        return record.Output.Shares is { } shares
            ? GenesisCeremony.Accept(shares, alias, key)
            : throw new CeremonyException("This is a drill, which makes no shares.");
    }

    /// <summary>Verifies a document against a request and what came of it, and that the output is what the request asked for.</summary>
    internal static PublicKey Verify(ReshareEnvelope envelope, ReshareOutput? output, ReadOnlyMemory<byte> coseSign1, AttestationPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ReshareApproval.RequireApproved(envelope, "The request is refused");
        AttestationDocument document = policy.Verify(coseSign1);
        foreach (DocumentFinding finding in ReshareChecks.Compare(document, envelope.Request, output))
        {
            if (!finding.Holds)
                throw new CeremonyException($"The attestation document is refused: {finding}");
        }

        if (output is not null)
            RequireAsked(output, envelope.Request);
        return PublicKey.TryParse(document.PublicKey!.Value.Span, out PublicKey? setupKey)
            ? setupKey
            : throw new CeremonyException("The attestation document is refused: its public key is invalid.");
    }

    private static void RequireAsked(ReshareOutput output, ReshareRequest request)
    {
        if (output.Contributors.Distinct().Count() != output.Contributors.Count || output.Contributors.Count != request.From.Threshold
            || output.Contributors.Any(member => !request.From.Members.Contains(member)))
            throw new CeremonyException("The output is refused: its contributors are not as many members of the old set as the threshold says.");
        if (output.Shares is null != request.IsDrill)
            throw new CeremonyException("The output is refused: a reshare has new shares, and a drill has none.");
        if (output.Shares is not { } shares)
            return;
        MemberSet to = request.To!;
        if (shares.Set.Threshold != to.Threshold || !shares.Set.Members.SequenceEqual(to.Members)
            || !shares.MemberOutputs.Select(static made => made.ShareSetMember).SequenceEqual(to.Members))
            throw new CeremonyException("The output is refused: its shares are for another set than the one that was asked for.");
        if (!shares.QuorumKey.Span.SequenceEqual(request.QuorumKey.Span)
            || !PublicKey.Parse(request.QuorumKey.Span).Verify(shares.TestMessage.Span, shares.TestMessageSignature.Span))
            throw new CeremonyException("The output is refused: its shares are of another key than the one that was asked for.");
        if (!(shares.DrKey ?? default).Span.SequenceEqual((request.RecoveryKey ?? default).Span) || shares.DrKeyWrappedQuorumKey is null != request.RecoveryKey is null)
            throw new CeremonyException("The output is refused: the key was encrypted to another recovery key than the one that was asked for. Its owner has the whole key; do not use it.");
    }
}
