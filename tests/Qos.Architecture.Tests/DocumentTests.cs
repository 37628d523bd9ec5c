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

    [GeneratedRegex(@"\]\(([^)#]+)(?:#[^)]*)?\)")]
    private static partial Regex Link();
}
