using System.Text.RegularExpressions;

namespace Qos.Architecture.Tests;

/// <summary>The documents point at things that are there.</summary>
public partial class DocumentTests
{
    [Fact]
    public void Links_lead_somewhere()
    {
        var documents = Directory.EnumerateFiles(Repository.Root, "*.md")
            .Select(static file => Path.GetRelativePath(Repository.Root, file))
            .Concat(Repository.Files("docs", "*.md"));
        var broken =
            from document in documents
            from Match link in Link().Matches(Repository.Read(document))
            let target = link.Groups[1].Value
            where !target.Contains("://", StringComparison.Ordinal)
            where !Path.Exists(Path.Combine(Repository.Root, Path.GetDirectoryName(document)!, target))
            select $"{document}: {target}";
        Assert.Empty(broken);
    }

    /// <summary>A comment that cites a page of the formats names a section that it has, or the page alone.</summary>
    [Fact]
    public void What_code_cites_of_the_formats_is_there()
    {
        var sections = Repository.Files(Path.Combine("docs", "protocol"), "*.md").ToDictionary(
            static page => Path.GetFileName(page),
            static page => Repository.Read(page).Split('\n').Where(static line => line.StartsWith('#')).Select(static line => line.TrimStart('#', ' ')).ToArray());
        var missing =
            from source in Repository.Sources()
            from Match cite in Citation().Matches(CommentBreak().Replace(Repository.Read(source), " "))
            let page = cite.Groups[1].Value
            let section = cite.Groups[2].Value
            where !sections.TryGetValue(page, out string[]? known)
                || (section.Length > 0 && !known.Any(heading => section.StartsWith(heading, StringComparison.OrdinalIgnoreCase)))
            select $"{source}: {cite.Value}";
        Assert.Empty(missing);
    }

    [GeneratedRegex(@"\n\s*///? ?")]
    private static partial Regex CommentBreak();

    [GeneratedRegex(@"docs/protocol/([a-z]+\.md)(?:, ""?([^<\n]{3,60}))?")]
    private static partial Regex Citation();

    [GeneratedRegex(@"\]\(([^)#]+)(?:#[^)]*)?\)")]
    private static partial Regex Link();
}
