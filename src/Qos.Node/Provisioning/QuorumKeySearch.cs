using System.Buffers.Binary;
using Qos.Keys;

namespace Qos.Node;

/// <summary>
/// Looks for shares that make the quorum key, among all that are in: a bad share must not keep the others from it.
/// Specification: protocol, Provisioning ("Ours").
/// </summary>
/// <remarks>
/// Only combinations that include the new share are tried, because the others were tried before. Few enough are tried one after the
/// other; of more, a random selection, so that posting again tries others.
/// </remarks>
internal sealed class QuorumKeySearch(ReadOnlyMemory<byte> quorumKey, int threshold, IRandomSource random)
{
    /// <summary>How many combinations were tried.</summary>
    internal int Tried { get; private set; }

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
                return found;
        }

        return null;
    }

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
