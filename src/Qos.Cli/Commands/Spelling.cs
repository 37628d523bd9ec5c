namespace Qos.Cli;

/// <summary>Finds the word that was probably meant.</summary>
internal static class Spelling
{
    /// <summary>The nearest of the words when it is near enough to have been meant; null otherwise.</summary>
    public static string? Nearest(string typed, IEnumerable<string> words)
    {
        int allowed = Math.Clamp(typed.TrimStart('-').Length / 3, 1, 3);
        (string? best, int least) = (null, allowed + 1);
        foreach (string word in words)
        {
            int distance = Distance(typed, word);
            if (distance < least)
                (best, least) = (word, distance);
        }

        return best;
    }

    // Insertions, deletions, replacements, and two neighbours in the wrong order.
    private static int Distance(string left, string right)
    {
        if (left.Length > 64 || right.Length > 64)
            return int.MaxValue;
        int[,] cost = new int[left.Length + 1, right.Length + 1];
        for (int i = 0; i <= left.Length; i++)
            cost[i, 0] = i;
        for (int j = 0; j <= right.Length; j++)
            cost[0, j] = j;
        for (int i = 1; i <= left.Length; i++)
        {
            for (int j = 1; j <= right.Length; j++)
            {
                int replaced = cost[i - 1, j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(replaced, Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
            }
        }

        return cost[left.Length, right.Length];
    }
}
