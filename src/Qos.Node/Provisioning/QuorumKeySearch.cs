using System.Buffers.Binary;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>
/// Looks for shares that make the quorum key, among all that are in: a bad share must not keep the others from it.
/// Format: docs/protocol/messages.md, Provisioning ("Ours").
/// </summary>
/// <remarks>
/// Only combinations that include the new share are tried, because the others were tried before. Few enough are tried one after the
/// other; of more, a random selection, so that posting again tries others.
/// </remarks>
internal sealed class QuorumKeySearch(ReadOnlyMemory<byte> quorumKey, int threshold, IRandomSource random)
{
    /// <summary>How many combinations were tried.</summary>
    internal int Tried { get; private set; }

    /// <summary>The shares that made the key; empty before they were found.</summary>
    internal IReadOnlyList<ShareSlot> Found { get; private set; } = [];

    /// <summary>The key set whose public key is the manifest's, or null; the caller disposes of it.</summary>
    internal KeySet? Find(ShareSlot added, IReadOnlyList<ShareSlot> slots)
    {
        // Two shares of one identifier never go together, whichever of them is the right one.
        ShareSlot[] others = [.. slots.Where(slot => slot != added && slot.Identifier != added.Identifier)];
        int needed = threshold - 1;
        if (others.Length < needed)
            return null;

        foreach (int[] chosen in Combinations.Count(others.Length, needed) <= NodeLimits.MaximumCombinations
            ? Combinations.All(others.Length, needed)
            : Combinations.Random(others.Length, needed, NodeLimits.MaximumCombinations, NextRandom))
        {
            ShareSlot[] combination = [added, .. chosen.Select(index => others[index])];
            if (combination.DistinctBy(slot => slot.Identifier).Count() != combination.Length)
                continue;
            Tried++;
            if (TryReconstruct(combination) is { } found)
            {
                Found = combination;
                return found;
            }
        }

        return null;
    }

    /// <summary>Why enough shares are in and make no key.</summary>
    internal ProtocolException Failure() => Tried > 0
        ? new ProtocolException(ProtocolErrorCode.ReconstructionErrorIncorrectPubKey)
        : new ProtocolException(ProtocolError.WithText(
            ProtocolErrorCode.QosCrypto, "too few shares have distinct identifiers: one of those that share theirs is wrong"));

    private KeySet? TryReconstruct(ShareSlot[] combination)
    {
        KeySet? candidate = null;
        try
        {
            using SecretMemory seed = Shamir.Reconstruct([.. combination.Select(slot => slot.Share)]);
            candidate = KeySet.FromSeed(seed.Span);
            if (candidate.PublicKey.Bytes.SequenceEqual(quorumKey.Span))
                return candidate;
        }
        catch (Exception exception) when (exception is KeyException or ShamirException)
        {
            // A combination with a wrong share may make something that is no seed at all; it is one more that does not fit.
        }

        candidate?.Dispose();
        return null;
    }

    private int NextRandom(int below)
    {
        Span<byte> bytes = stackalloc byte[8];
        random.Fill(bytes);
        // Which combination comes next is no secret and needs no perfect evenness.
        return (int)(BinaryPrimitives.ReadUInt64LittleEndian(bytes) % (uint)below);
    }
}

/// <summary>Ways to choose some of several things, by their indices.</summary>
internal static class Combinations
{
    /// <summary>How many ways there are; <see cref="long.MaxValue"/> stands for that many or more.</summary>
    internal static long Count(int of, int choose)
    {
        long count = 1;
        for (int i = 1; i <= Math.Min(choose, of - choose); i++)
        {
            if (count > long.MaxValue / of)
                return long.MaxValue;
            count = count * (of - i + 1) / i;
        }

        return choose > of ? 0 : count;
    }

    /// <summary>Every way, in lexicographic order.</summary>
    internal static IEnumerable<int[]> All(int of, int choose)
    {
        if (choose > of)
            yield break;
        int[] chosen = [.. Enumerable.Range(0, choose)];
        while (true)
        {
            yield return [.. chosen];
            int last = choose - 1;
            while (last >= 0 && chosen[last] == of - choose + last)
                last--;
            if (last < 0)
                yield break;
            chosen[last]++;
            for (int i = last + 1; i < choose; i++)
                chosen[i] = chosen[i - 1] + 1;
        }
    }

    /// <summary>So many ways at random; one may come twice.</summary>
    /// <param name="of">How many things there are.</param>
    /// <param name="choose">How many are chosen.</param>
    /// <param name="count">How many ways to give.</param>
    /// <param name="next">A random number below its argument.</param>
    internal static IEnumerable<int[]> Random(int of, int choose, int count, Func<int, int> next)
    {
        int[] deck = [.. Enumerable.Range(0, of)];
        for (int given = 0; given < count; given++)
        {
            for (int i = 0; i < choose; i++)
            {
                int other = i + next(of - i);
                (deck[i], deck[other]) = (deck[other], deck[i]);
            }

            yield return deck[..choose];
        }
    }
}
