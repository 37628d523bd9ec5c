namespace Qos.Node;

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
