using System.Text.RegularExpressions;

namespace Qos.Verify.Tests;

/// <summary>What docs/verify.md shows is what <see cref="DocumentationExamples"/> compiles.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string s_document = File.ReadAllText(PathOf("docs", "verify.md"));

    [Fact]
    public void Its_examples_compile()
    {
        string[] compiled = Lines(File.ReadAllText(PathOf("tests", "Qos.Verify.Tests", "DocumentationExamples.cs")));
        MatchCollection blocks = CodeBlock().Matches(s_document);
        Assert.Equal(2, blocks.Count);
        foreach (string block in blocks.Select(match => match.Groups[1].Value))
        {
            string[] example = Lines(block);
            Assert.True(
                Enumerable.Range(0, compiled.Length - example.Length).Any(at => example.SequenceEqual(compiled.Skip(at).Take(example.Length))),
                $"docs/verify.md has an example that DocumentationExamples does not have:\n{block}");
        }
    }

    [Fact]
    public void Its_table_has_every_check_once()
    {
        string[] named = [.. CheckRow().Matches(s_document).Select(match => match.Groups[1].Value)];
        string[] checks =
        [
            .. typeof(CheckNames).GetFields().Select(field => (string)field.GetValue(null)!),
            .. Enumerable.Range(0, 4).Select(CheckNames.ManifestPcr),
        ];
        Assert.Equal(
            checks.Where(name => name is not ("manifest.pcr1" or "manifest.pcr2" or "manifest.pcr3")).Order(StringComparer.Ordinal),
            named.Order(StringComparer.Ordinal));
    }

    private static string[] Lines(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string PathOf(params string[] parts)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Qos.sln")))
                return Path.Combine([folder.FullName, .. parts]);
        }

        throw new DirectoryNotFoundException($"{AppContext.BaseDirectory} is not in the repository's folder.");
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("^\\| `([a-z]+(?:[.][a-z0-9-]+)?)`(?: to `manifest.pcr3`)? \\| .* \\| .* \\|$", RegexOptions.Multiline)]
    private static partial Regex CheckRow();
}
