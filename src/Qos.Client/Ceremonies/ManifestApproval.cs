using Qos.Keys;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>Approvals of a manifest: made, read from a folder, put together. Format: docs/protocol/manifest.md, Envelope; host.md, Client files.</summary>
public static class ManifestApproval
{
    private const string Suffix = ".approval";

    /// <summary>Signs a manifest's hash.</summary>
    public static Approval Sign(Manifest manifest, string alias, IKeyPair key)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(key);
        return new Approval(key.Sign(manifest.Hash()), new QuorumMember(alias, key.PublicKey.Bytes.ToArray()));
    }

    /// <summary>Refuses to sign for somebody whose approval would not count.</summary>
    /// <exception cref="CeremonyException">Alias and key are not a member's of the manifest set.</exception>
    public static void RequireMember(Manifest manifest, string alias, PublicKey key)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        _ = MemberApprovals.Require(manifest.ManifestSet, "the manifest set", "the approval would not count", alias, key);
    }

    /// <summary>
    /// The members whose signature over this manifest is among those given, each once: what somebody else says was approved, counted by the manifest at hand alone.
    /// </summary>
    /// <param name="manifest">The manifest whose set and hash decide.</param>
    /// <param name="given">Pairs of a public key, 130 bytes in hex, and a signature, r and s.</param>
    public static IReadOnlyList<QuorumMember> Approved(Manifest manifest, IEnumerable<(string PublicKeyHex, ReadOnlyMemory<byte> Signature)> given)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ILookup<string, ReadOnlyMemory<byte>> signatures = given.ToLookup(static pair => pair.PublicKeyHex, static pair => pair.Signature, StringComparer.OrdinalIgnoreCase);
        IEnumerable<Approval> approvals =
            manifest.ManifestSet.Members.SelectMany(member => signatures[Convert.ToHexString(member.PubKey.Span)].Select(signature => new Approval(signature, member)));
        return [.. Holding(manifest, manifest.ManifestSet, approvals).Select(static approval => approval.Member).Distinct()];
    }

    /// <summary>The approvals of a manifest that hold: by a member of the set, whose signature over the manifest's hash verifies. Of one who gave two, both.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="set">Its manifest set or its share set.</param>
    /// <param name="given">What somebody says are approvals.</param>
    public static IReadOnlyList<Approval> Holding(Manifest manifest, MemberSet set, IEnumerable<Approval> given)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(set);
        byte[] hash = manifest.Hash();
        return
        [
            .. given.Where(approval => set.Members.Contains(approval.Member)
                && PublicKey.TryParse(approval.Member.PubKey.Span, out PublicKey? key) && key.Verify(hash, approval.Signature.Span)),
        ];
    }

    /// <summary>The name of an approval's file, <c>ALIAS-NAMESPACE-NONCE.approval</c>.</summary>
    /// <exception cref="CeremonyException">Alias and namespace make no file name.</exception>
    public static string FileName(Manifest manifest, string alias)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        try
        {
            return ApprovalFormat.FileName(alias, manifest.Namespace);
        }
        catch (ArgumentException e)
        {
            throw new CeremonyException("The alias or the namespace's name holds a control character, so the approval's file cannot be named.", e);
        }
    }

    /// <summary>Puts an envelope together from a manifest and a folder of approvals, and checks it as a node would.</summary>
    /// <exception cref="CeremonyException">An approval is not for this manifest, not a member's, twice there, or there are too few.</exception>
    public static ManifestEnvelope Assemble(Manifest manifest, string folder)
    {
        var envelope = new ManifestEnvelope(manifest, MemberApprovals.Read(folder, Suffix), []);
        try
        {
            ApprovalChecks.CheckManifestApprovals(envelope);
            return envelope;
        }
        catch (ProtocolException e)
        {
            throw new CeremonyException($"The approvals in {folder} do not make an approved manifest: {e.Message}{DescribeMissing(envelope, e)}", e);
        }
    }

    /// <summary>How many approvals there are and whose are missing, after a refusal for too few; nothing after another one.</summary>
    public static string DescribeMissing(ManifestEnvelope envelope, ProtocolException refusal)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        ArgumentNullException.ThrowIfNull(refusal);
        return MemberApprovals.DescribeMissing(envelope.Manifest.ManifestSet, envelope.ManifestSetApprovals, refusal);
    }
}
