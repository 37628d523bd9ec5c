using Qos.Keys;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>Approvals of a reshare request: made, read from a folder, put together. Format: docs/protocol/reshare.md, Request.</summary>
public static class ReshareApproval
{
    private const string Suffix = ".reshare-approval";
    private const int ShownDigits = 16;

    /// <summary>Signs the request.</summary>
    /// <exception cref="CeremonyException">Alias and key are not a member's of the old set, so the approval would not count.</exception>
    public static Approval Sign(ReshareRequest request, string alias, IKeyPair key)
    {
        ArgumentNullException.ThrowIfNull(key);
        QuorumMember member = RequireMember(request, alias, key.PublicKey);
        return new Approval(key.Sign(ReshareFormat.ApprovalMessage(ReshareFormat.Hash(request))), member);
    }

    /// <summary>Refuses somebody who is not in the set that holds shares now.</summary>
    /// <exception cref="CeremonyException">Alias and key are not a member's.</exception>
    public static QuorumMember RequireMember(ReshareRequest request, string alias, PublicKey key)
    {
        ArgumentNullException.ThrowIfNull(request);
        return MemberApprovals.Require(request.From, "the set that holds shares now", "nothing by this key would count", alias, key);
    }

    /// <summary>The name of an approval's file, <c>ALIAS-HASH.reshare-approval</c> with the first digits of the request's hash.</summary>
    /// <exception cref="CeremonyException">The alias makes no file name.</exception>
    public static string FileName(ReshareRequest request, string alias)
    {
        ArgumentNullException.ThrowIfNull(alias);
        if (alias.Any(char.IsControl))
            throw new CeremonyException("The alias holds a control character, so the approval's file cannot be named.");
        string name = alias.Replace('/', '-');
        string shown = string.Concat(name.EnumerateRunes().Select(static rune => rune.ToString()).Where(static text => !VisibleText.NeedsEscape(text)));
        return $"{shown}-{Convert.ToHexStringLower(ReshareFormat.Hash(request))[..ShownDigits]}{Suffix}";
    }

    /// <summary>Puts a request and a folder of approvals together, and checks them as a node does.</summary>
    /// <exception cref="CeremonyException">The request cannot be, an approval is not of it or not a member's, or there are too few.</exception>
    public static ReshareEnvelope Assemble(ReshareRequest request, string folder)
    {
        ArgumentNullException.ThrowIfNull(request);
        var envelope = new ReshareEnvelope(request, MemberApprovals.Read(folder, Suffix));
        RequireApproved(envelope, $"The approvals in {folder} do not make an approved request");
        return envelope;
    }

    /// <summary>Checks a request and its approvals as a node does.</summary>
    /// <exception cref="CeremonyException">A node would refuse it.</exception>
    internal static void RequireApproved(ReshareEnvelope envelope, string complaint)
    {
        try
        {
            ReshareChecks.Check(envelope);
        }
        catch (ProtocolException e)
        {
            throw new CeremonyException($"{complaint}: {e.Message}{MemberApprovals.DescribeMissing(envelope.Request.From, envelope.Approvals, e)}", e);
        }
    }
}
