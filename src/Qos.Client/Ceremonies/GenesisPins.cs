using Qos.Keys;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>
/// What a member holds about a genesis from sources of their own. The enclave attests what it was asked for, also when the one who asked added
/// members or a recovery key of their own and so has the whole key: only a member who compares sees that.
/// </summary>
public sealed record GenesisPins
{
    /// <summary>The members that were agreed on; null when the member waived the comparison.</summary>
    public MemberSet? ShareSet { get; init; }

    /// <summary>Whether a recovery key may be anybody's: the member waived the comparison.</summary>
    public bool AllowsAnyRecoveryKey { get; init; }

    /// <summary>The recovery key that was agreed on; null when none was.</summary>
    public PublicKey? RecoveryKey { get; init; }

    /// <summary>Compares both and refuses a genesis that differs.</summary>
    /// <exception cref="CeremonyException">It differs; the message says in what, and who may have the key.</exception>
    public IReadOnlyList<PinComparison> Require(GenesisOutput output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var comparisons = new List<PinComparison>();
        if (ShareSet is null)
            comparisons.Add(new("share set", isHeld: false));
        else if (MemberSetDifference.Describe(ShareSet, new MemberSet(output.Set.Threshold, output.Set.Members)) is { } difference)
            throw new CeremonyException($"The genesis is refused: its share set is not the one that you hold: {difference}. Somebody else may have the whole key; do not use it.");
        else
            comparisons.Add(new("share set"));

        if (AllowsAnyRecoveryKey)
            comparisons.Add(new("recovery key", isHeld: false));
        else if (DescribeRecoveryKey(output) is { } other)
            throw new CeremonyException($"The genesis is refused: {other}");
        else
            comparisons.Add(new("recovery key"));
        return comparisons;
    }

    private string? DescribeRecoveryKey(GenesisOutput output)
    {
        if (output.DrKey is not { } used)
        {
            if (output.DrKeyWrappedQuorumKey is not null)
                return "the key was encrypted to a recovery key that it does not name. Somebody else may have the whole key; do not use it.";
            return RecoveryKey is null ? null : "it has no recovery key, and you expect one: without it, a lost quorum of shares is a lost key.";
        }

        string fingerprint = MemberSetDifference.Fingerprint(used.Span);
        if (RecoveryKey is null)
            return $"the whole key was also encrypted to a recovery key, fingerprint {fingerprint}, and you expect none. Its owner has the whole key; do not use it.";
        return RecoveryKey.Bytes.SequenceEqual(used.Span)
            ? null
            : $"its recovery key is not the one that you hold: the fingerprint is {fingerprint} instead of {MemberSetDifference.Fingerprint(RecoveryKey.Bytes)}. Its owner has the whole key; do not use it.";
    }
}
