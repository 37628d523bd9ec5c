using Qos.App;

namespace Qos.Sample.Policy;

/// <summary>An organization as its records make it: who may change it, and its rules.</summary>
public sealed class Organization(QosApp app, string name)
{
    /// <summary>The domain of the records.</summary>
    public const string Domain = "policy";

    private const int MaxRules = 1_000;

    private readonly SortedDictionary<string, Rule> _rules = new(StringComparer.Ordinal);

    /// <summary>Its records.</summary>
    public StateChain Chain { get; } = new(app.QuorumKey, Domain, name);

    /// <summary>The keys whose stamps count.</summary>
    public IReadOnlyList<string> Users { get; private set; } = [];

    /// <summary>How many of them a change needs.</summary>
    public int Quorum { get; private set; }

    /// <summary>Whether a change can follow now.</summary>
    /// <exception cref="PolicyException">It follows another head, or there is nothing, or too much, to change.</exception>
    public void Require(Change change)
    {
        if (change.Type == "CREATE" ? Chain.Head is not null : Chain.Head is null || change.After != Chain.Head)
            throw new PolicyException(409, $"the head is {Chain.Head?.ToString() ?? "none"}: a change follows it");
        if (change.Type == "SET_RULE" && _rules.Count >= MaxRules)
            throw new PolicyException(409, $"there are {MaxRules} rules already");
    }

    /// <summary>Takes a change in, whose record was opened.</summary>
    public void Apply(Change change)
    {
        switch (change.Type)
        {
            case "CREATE" or "SET_USERS":
                Users = change.Users;
                Quorum = change.Quorum;
                break;
            case "SET_RULE":
                _rules[change.Rule!.Id] = change.Rule;
                break;
            default:
                _rules.Remove(change.Rule!.Id);
                break;
        }
    }

    /// <summary>The rule that decides: one that denies before one that allows; null when none matches, which denies.</summary>
    public Rule? Decide(string action, ulong amount) =>
        _rules.Values.Where(rule => rule.Matches(action, amount)).OrderBy(static rule => rule.Allows).FirstOrDefault();
}
