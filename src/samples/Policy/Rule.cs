namespace Qos.Sample.Policy;

/// <summary>One rule of an organization.</summary>
/// <param name="Id">Its name; a rule of the same name is replaced.</param>
/// <param name="Allows">Whether it allows or denies.</param>
/// <param name="Action">The action that it is about.</param>
/// <param name="MaxAmount">It is about amounts up to this one; null for all.</param>
public sealed record Rule(string Id, bool Allows, string Action, ulong? MaxAmount)
{
    /// <summary>Whether it is about a question.</summary>
    public bool Matches(string action, ulong amount) => Action == action && (MaxAmount is null || amount <= MaxAmount);
}
