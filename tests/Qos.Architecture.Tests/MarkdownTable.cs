namespace Qos.Architecture.Tests;

/// <summary>Reads the tables of our documents.</summary>
internal static class MarkdownTable
{
    /// <summary>The rows of the first table whose header begins with <paramref name="firstHeader"/>, cell by cell.</summary>
    public static IReadOnlyList<string[]> Rows(string text, string firstHeader) =>
    [
        .. text.Split('\n')
            .SkipWhile(line => !line.StartsWith($"| {firstHeader} |", StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(static line => line.StartsWith('|'))
            .Select(static line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries)),
    ];
}
