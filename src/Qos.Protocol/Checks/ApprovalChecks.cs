using Qos.Keys;

namespace Qos.Protocol;

/// <summary>The checks on an envelope's approvals, in the specification's order. Format: docs/protocol/manifest.md, Envelope.</summary>
public static class ApprovalChecks
{
    /// <summary>
    /// Checks that the manifest set's members are distinct, that each approval is valid, by a member and the member's only one, and
    /// that there are as many as the threshold asks for.
    /// </summary>
    /// <exception cref="ProtocolException">The first check that failed.</exception>
    public static void CheckManifestApprovals(ManifestEnvelope envelope)
    {
        MemberSet set = envelope.Manifest.ManifestSet;
        CheckDistinctMembers(set.Members);

        byte[] hash = envelope.Manifest.Hash();
        var members = new HashSet<QuorumMember>(set.Members);
        var approved = new HashSet<QuorumMember>();
        foreach (Approval approval in envelope.ManifestSetApprovals)
        {
            if (!ParseKey(approval.Member).Verify(hash, approval.Signature.Span))
                throw new ProtocolException(ProtocolError.InvalidManifestApproval(approval));
            if (!members.Contains(approval.Member))
                throw new ProtocolException(ProtocolErrorCode.NotManifestSetMember);
            if (!approved.Add(approval.Member))
                throw new ProtocolException(ProtocolErrorCode.DuplicateApproval);
        }

        if ((uint)approved.Count < set.Threshold)
            throw new ProtocolException(ProtocolErrorCode.NotEnoughApprovals);
    }

    /// <summary>Checks that no two members share an alias, a signing point or an encryption point.</summary>
    /// <exception cref="ProtocolException">
    /// <see cref="ProtocolErrorCode.DuplicateQuorumMember"/>, or <see cref="ProtocolErrorCode.P256Error"/> for an invalid key.
    /// </exception>
    public static void CheckDistinctMembers(IReadOnlyList<QuorumMember> members)
    {
        var aliases = new HashSet<string>(StringComparer.Ordinal);
        var signingPoints = new HashSet<string>(StringComparer.Ordinal);
        var encryptionPoints = new HashSet<string>(StringComparer.Ordinal);
        foreach (QuorumMember member in members)
        {
            PublicKey key = ParseKey(member);
            if (!aliases.Add(member.Alias)
                || !signingPoints.Add(Convert.ToHexString(key.SigningPoint))
                || !encryptionPoints.Add(Convert.ToHexString(key.EncryptionPoint)))
                throw new ProtocolException(ProtocolErrorCode.DuplicateQuorumMember);
        }
    }

    private static PublicKey ParseKey(QuorumMember member)
    {
        try
        {
            return PublicKey.Parse(member.PubKey.Span);
        }
        catch (KeyException exception)
        {
            throw new ProtocolException(ProtocolError.WithKeyError(ProtocolErrorCode.P256Error, exception.Error, exception.Text));
        }
    }
}
