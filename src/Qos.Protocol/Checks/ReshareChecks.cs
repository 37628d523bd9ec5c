using Qos.Keys;
using Qos.Nsm;

namespace Qos.Protocol;

/// <summary>What a reshare request must hold to, and what its documents must say. Format: docs/protocol/reshare.md, Request and Documents.</summary>
public static class ReshareChecks
{
    /// <summary>Checks thresholds, members, keys, and that as many old members approved as are needed for the key.</summary>
    /// <exception cref="ProtocolException">
    /// <see cref="ProtocolErrorCode.QosCrypto"/> for a threshold, <see cref="ProtocolErrorCode.DuplicateQuorumMember"/>, <see cref="ProtocolErrorCode.P256Error"/> or
    /// <see cref="ProtocolErrorCode.InvalidP256DRKey"/> for a key, and those of <see cref="CheckApprovals"/>.
    /// </exception>
    public static void Check(ReshareEnvelope envelope)
    {
        CheckRequest(envelope.Request);
        CheckApprovals(envelope);
    }

    /// <summary>Checks thresholds, members and keys.</summary>
    /// <exception cref="ProtocolException">As for <see cref="Check"/>.</exception>
    public static void CheckRequest(ReshareRequest request)
    {
        RequireSet(request.From, "old share", leastThreshold: 1);
        if (request.To is { } to)
            RequireSet(to, "new share", leastThreshold: 2);
        RequireKey(request.QuorumKey, ProtocolErrorCode.P256Error);
        if (request.RecoveryKey is { } recoveryKey)
            RequireKey(recoveryKey, ProtocolErrorCode.InvalidP256DRKey);
    }

    /// <summary>Checks that the approvals are of this request, by distinct members of the old set, and as many as its threshold says.</summary>
    /// <exception cref="ProtocolException">
    /// <see cref="ProtocolErrorCode.CouldNotVerifyApproval"/>, <see cref="ProtocolErrorCode.NotShareSetMember"/>, <see cref="ProtocolErrorCode.DuplicateApproval"/> or
    /// <see cref="ProtocolErrorCode.NotEnoughApprovals"/>.
    /// </exception>
    public static void CheckApprovals(ReshareEnvelope envelope)
    {
        byte[] message = ReshareFormat.ApprovalMessage(ReshareFormat.Hash(envelope.Request));
        var approved = new HashSet<QuorumMember>();
        foreach (Approval approval in envelope.Approvals)
        {
            CheckSignature(approval, message, envelope.Request);
            if (!approved.Add(approval.Member))
                throw new ProtocolException(ProtocolErrorCode.DuplicateApproval);
        }

        if ((uint)approved.Count < envelope.Request.From.Threshold)
            throw new ProtocolException(ProtocolErrorCode.NotEnoughApprovals);
    }

    /// <summary>Checks that a member of the old set signed a message.</summary>
    /// <exception cref="ProtocolException"><see cref="ProtocolErrorCode.CouldNotVerifyApproval"/> or <see cref="ProtocolErrorCode.NotShareSetMember"/>.</exception>
    public static void CheckSignature(Approval approval, ReadOnlySpan<byte> message, ReshareRequest request)
    {
        // The signature comes first: nothing else in the approval means anything before it holds.
        if (!PublicKey.TryParse(approval.Member.PubKey.Span, out PublicKey? key) || !key.Verify(message, approval.Signature.Span))
            throw new ProtocolException(ProtocolErrorCode.CouldNotVerifyApproval);
        if (!request.From.Members.Contains(approval.Member))
            throw new ProtocolException(ProtocolErrorCode.NotShareSetMember);
    }

    /// <summary>
    /// Compares an attestation document with a request: user data, no nonce, PCR0 to PCR3, all of PCR0 to PCR31, and the commitment of the document's key. All must hold.
    /// </summary>
    /// <param name="document">A document whose chain and signature were verified.</param>
    /// <param name="request">The request.</param>
    /// <param name="output">The output that it must be about; null for the document that shares are given for.</param>
    public static IEnumerable<DocumentFinding> Compare(AttestationDocument document, ReshareRequest request, ReshareOutput? output)
    {
        byte[] hash = ReshareFormat.Hash(request);
        yield return DocumentComparison.UserData(document, output is null ? hash : ReshareFormat.OutputHash(hash, output));
        yield return new DocumentFinding("nonce", Expected: null, document.Nonce?.ToArray(), document.Nonce is null);
        for (int index = 0; index < request.Pcrs.Count; index++)
            yield return DocumentComparison.Equal($"PCR{index}", request.Pcrs[index].ToArray(), document.PcrOf(index));
        foreach (int index in DocumentComparison.MissingPcrs(document))
            yield return new DocumentFinding($"PCR{index}", Expected: null, Actual: null, Holds: false);
        if (document.PublicKey is not { } key)
        {
            yield return new DocumentFinding("public_key", Expected: null, Actual: null, Holds: false) { IsCommitment = true };
            yield break;
        }

        ManifestCommitment expected = ManifestCommitment.Reshare(key.Span, hash);
        yield return DocumentComparison.Equal($"PCR{expected.PcrIndex}", expected.Pcr.ToArray(), document.PcrOf(expected.PcrIndex)) with { IsCommitment = true };
    }

    private static void RequireSet(MemberSet set, string name, uint leastThreshold)
    {
        string? wrong = BootChecks.DescribeThreshold(set, name) ?? BootChecks.DescribeShareThreshold(set);
        if (wrong is null && set.Threshold < leastThreshold)
            wrong = $"the {name} set's threshold must be at least {leastThreshold}";
        if (wrong is null && set.Members.Count > Shamir.MaxShares)
            wrong = $"the {name} set has {set.Members.Count} members, and a key has at most {Shamir.MaxShares} shares";
        if (wrong is not null)
            throw new ProtocolException(ProtocolError.WithText(ProtocolErrorCode.QosCrypto, wrong));
        ApprovalChecks.CheckDistinctMembers(set.Members);
    }

    private static void RequireKey(ReadOnlyMemory<byte> key, ProtocolErrorCode error)
    {
        try
        {
            PublicKey.Parse(key.Span);
        }
        catch (KeyException exception)
        {
            throw new ProtocolException(ProtocolError.WithKeyError(error, exception.Error, exception.Text));
        }
    }
}
