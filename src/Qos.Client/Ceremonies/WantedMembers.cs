using System.Globalization;

namespace Qos.Client;

/// <summary>Of how many members something is still wanted, and of which, in words.</summary>
public static class WantedMembers
{
    /// <summary>"2 more approvals, by alice, bob or carol"; "by alice and bob" where each of them must.</summary>
    /// <param name="needed">How many more are enough.</param>
    /// <param name="what">What is wanted of each: "approval".</param>
    /// <param name="preposition">"by" or "from".</param>
    /// <param name="names">The members who did not give it.</param>
    public static string Describe(int needed, string what, string preposition, IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        string last = needed < names.Count ? " or " : " and ";
        string people = names.Count < 2 ? string.Concat(names) : string.Join(", ", names.SkipLast(1)) + last + names[^1];
        return string.Create(CultureInfo.InvariantCulture, $"{needed} more {what}{(needed == 1 ? "" : "s")}, {preposition} {people}");
    }
}
