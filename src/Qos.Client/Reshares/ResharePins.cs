using System.Globalization;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>
/// What a person holds about a reshare from sources of their own. Whoever wrote the request chose who gets new shares and to whose recovery key the seed is
/// encrypted, and so may have the whole key: only a person who compares sees that.
/// </summary>
public sealed record ResharePins
{
    /// <summary>The quorum key.</summary>
    public required PublicKey QuorumKey { get; init; }

    /// <summary>Who holds shares now; null for a newcomer, who may not know them.</summary>
    public MemberSet? From { get; init; }

    /// <summary>Who was agreed to get new shares; null for a drill.</summary>
    public MemberSet? To { get; init; }

    /// <summary>The recovery key that was agreed on; null when none was.</summary>
    public PublicKey? RecoveryKey { get; init; }

    /// <summary>Measurements of the enclave by index.</summary>
    public IReadOnlyDictionary<int, byte[]> Pcrs { get; init; } = new Dictionary<int, byte[]>();

    /// <summary>Compares every value and refuses a request that differs in one.</summary>
    /// <returns>The comparisons, none of which is different.</returns>
    /// <exception cref="CeremonyException">It differs, or is of the other purpose; the message says in what.</exception>
    public IReadOnlyList<PinComparison> Require(ReshareRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!QuorumKey.Bytes.SequenceEqual(request.QuorumKey.Span))
        {
            throw Refuse($"its quorum key is not the one that you hold: the fingerprint is {MemberSetDifference.Fingerprint(request.QuorumKey.Span)} "
                + $"instead of {MemberSetDifference.Fingerprint(QuorumKey.Bytes)}");
        }

        var comparisons = new List<PinComparison> { new("quorum key"), CompareSet("old set", From, request.From) };
        if (To is not null || request.To is not null)
        {
            comparisons.Add(CompareSet(
                "new set",
                To ?? throw Refuse("it makes new shares, and you expect a drill, which makes none"),
                request.To ?? throw Refuse("it is a drill, which makes no shares, and you expect new ones")));
            comparisons.Add(CompareRecoveryKey(request));
        }

        for (int index = 0; index < request.Pcrs.Count; index++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"PCR{index}");
            bool isHeld = Pcrs.TryGetValue(index, out byte[]? held);
            if (isHeld && !held.AsSpan().SequenceEqual(request.Pcrs[index].Span))
                throw Refuse($"its {name} is not the one that you hold: it is {Convert.ToHexStringLower(request.Pcrs[index].Span)} instead of {Convert.ToHexStringLower(held!)}");
            comparisons.Add(new(name, isHeld));
        }

        return comparisons;
    }

    private static PinComparison CompareSet(string name, MemberSet? held, MemberSet found)
    {
        if (held is null)
            return new(name, isHeld: false);
        return MemberSetDifference.Describe(held, found) is { } difference ? throw Refuse($"its {name} is not the one that you hold: {difference}") : new(name);
    }

    private PinComparison CompareRecoveryKey(ReshareRequest request)
    {
        if (request.RecoveryKey is not { } asked)
            return RecoveryKey is null ? new("recovery key") : throw Refuse("it has no recovery key, and you expect one");
        string fingerprint = MemberSetDifference.Fingerprint(asked.Span);
        if (RecoveryKey is null)
            throw Refuse($"the whole key would also be encrypted to a recovery key, fingerprint {fingerprint}, and you expect none. Its owner would have the whole key");
        return RecoveryKey.Bytes.SequenceEqual(asked.Span)
            ? new("recovery key")
            : throw Refuse($"its recovery key is not the one that you hold: the fingerprint is {fingerprint} instead of {MemberSetDifference.Fingerprint(RecoveryKey.Bytes)}");
    }

    private static CeremonyException Refuse(string what) => new($"The request is refused: {what}.");
}
