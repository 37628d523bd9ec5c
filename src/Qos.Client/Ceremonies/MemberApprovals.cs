using Qos.Keys;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>What approvals of manifests and of reshare requests have in common: who may give one, a folder of them, and whose are missing.</summary>
internal static class MemberApprovals
{
    /// <summary>The member of a set with this alias and key.</summary>
    /// <param name="set">The set.</param>
    /// <param name="setName">How a complaint calls it.</param>
    /// <param name="otherwise">What follows from not being in it.</param>
    /// <param name="alias">The alias.</param>
    /// <param name="key">The public key.</param>
    /// <exception cref="CeremonyException">There is none.</exception>
    public static QuorumMember Require(MemberSet set, string setName, string otherwise, string alias, PublicKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return set.Members.FirstOrDefault(member => member.Alias == alias && member.PubKey.Span.SequenceEqual(key.Bytes))
            ?? throw new CeremonyException(
                $"{MemberSetDifference.Name(alias)} with this key is not in {setName} ({string.Join(", ", set.Members.Select(MemberSetDifference.Name))}), so {otherwise}.");
    }

    /// <summary>Reads the approvals of a folder, by the names of their files.</summary>
    /// <exception cref="CeremonyException">There is no such folder, or a file of that name is no approval.</exception>
    public static Approval[] Read(string folder, string suffix) => Directory.Exists(folder)
        ? [.. InputFile.Of(folder, suffix).Select(static path => InputFile.Read(path, static bytes => ApprovalFormat.Read(bytes), "an approval"))]
        : throw new CeremonyException($"{folder} is not a folder; it should hold the approvals.");

    /// <summary>How many approvals there are and whose are missing, after a refusal for too few; nothing after another one.</summary>
    public static string DescribeMissing(MemberSet set, IEnumerable<Approval> approvals, ProtocolException refusal)
    {
        if (refusal.Error.Code != ProtocolErrorCode.NotEnoughApprovals)
            return "";
        string[] missing = [.. set.Members.Except(approvals.Select(static approval => approval.Member)).Select(MemberSetDifference.Name)];
        return $" ({set.Members.Count - missing.Length} of {set.Threshold}; missing: {string.Join(", ", missing)})";
    }
}
