using System.Globalization;
using System.Security.Cryptography;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>In what a set of members differs from the one that somebody holds; the order of the members does not count.</summary>
public static class MemberSetDifference
{
    private const int ShownDigits = 16;

    /// <summary>The differences in one line, or null when both have the same threshold, aliases and keys. Aliases are escaped.</summary>
    /// <param name="held">The set from a source of one's own.</param>
    /// <param name="found">The set that somebody else made.</param>
    public static string? Describe(MemberSet held, MemberSet found)
    {
        ArgumentNullException.ThrowIfNull(held);
        ArgumentNullException.ThrowIfNull(found);
        var differences = new List<string>();
        if (held.Threshold != found.Threshold)
            differences.Add(string.Create(CultureInfo.InvariantCulture, $"its threshold is {found.Threshold} instead of {held.Threshold}"));

        List<QuorumMember> missing = Without(held.Members, found.Members);
        List<QuorumMember> added = Without(found.Members, held.Members);
        foreach (QuorumMember member in missing)
        {
            int same = added.FindIndex(other => other.Alias == member.Alias);
            if (same >= 0)
            {
                differences.Add($"{Name(member)} has another key, {Short(added[same])} instead of {Short(member)}");
                added.RemoveAt(same);
            }
            else
            {
                differences.Add($"{Name(member)} ({Short(member)}) is not in it");
            }
        }

        differences.AddRange(added.Select(static member => $"{Name(member)} ({Short(member)}) is in it and should not be"));
        return differences.Count == 0 ? null : string.Join("; ", differences);
    }

    /// <summary>The fingerprint of a public key's bytes, also of bytes that are no key: SHA-256 as hex.</summary>
    public static string Fingerprint(ReadOnlySpan<byte> key) => Convert.ToHexStringLower(SHA256.HashData(key));

    // As many times as it is there: a member listed twice is not the same set.
    private static List<QuorumMember> Without(IReadOnlyList<QuorumMember> members, IReadOnlyList<QuorumMember> others)
    {
        var left = new List<QuorumMember>(members);
        foreach (QuorumMember other in others)
            left.Remove(other);
        return left;
    }

    /// <summary>A member's name as a line of ours can hold it: in quotes where it needs them, and with nothing hidden.</summary>
    public static string Name(QuorumMember member)
    {
        ArgumentNullException.ThrowIfNull(member);
        return Name(member.Alias);
    }

    /// <summary>The same for an alias.</summary>
    public static string Name(string alias) => VisibleText.Escape(VisibleText.Name(alias));

    private static string Short(QuorumMember member) => Fingerprint(member.PubKey.Span)[..ShownDigits];
}
