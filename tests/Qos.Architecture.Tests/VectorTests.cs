using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Qos.Vectors;

namespace Qos.Architecture.Tests;

/// <summary>tests/README.md against the vectors and the tests: no vector without a test, no case that is only claimed.</summary>
public class VectorTests
{
    private static readonly string s_text = Repository.Read("tests", "README.md");
    private static readonly IReadOnlyList<string[]> s_vectors = MarkdownTable.Rows(s_text, "vectors");

    [Fact]
    public void Every_vector_is_read_by_a_test()
    {
        string withoutTest = s_text.Split('\n').Single(static line => line.StartsWith("No test:", StringComparison.Ordinal));
        string[] files = [.. Directory.EnumerateFiles(VectorFiles.Root, "*", SearchOption.AllDirectories)
            .Select(static file => Path.GetRelativePath(VectorFiles.Root, file))
            .Where(file => !withoutTest.Contains($"`{file}`", StringComparison.Ordinal))];
        Assert.True(files.Length > 100, $"only {files.Length} files in {VectorFiles.Root}");
        Assert.DoesNotContain(files, static file => !s_vectors.Any(row => Pattern(row[0]).IsMatch(file)));
        Assert.DoesNotContain(s_vectors.Select(static row => row[0]), row => !files.Any(Pattern(row).IsMatch));
    }

    [Fact]
    public void The_tests_that_are_named_read_what_is_claimed()
    {
        var wrong = new List<string>();
        foreach (string[] row in s_vectors)
        {
            // The last part of the path that is no pattern is how the test names the file or its folder.
            string named = row[0].Split('/').Last(static part => part.Length > 0 && !part.Contains('*', StringComparison.Ordinal));
            foreach (string reader in row[1].Split(", "))
            {
                string[] place = reader.Split('/');
                string[] sources = [.. Repository.Files($"tests/Qos.{place[0]}.Tests", $"{place[1]}.cs")];
                if (sources.Length != 1 || !Repository.Read(sources[0]).Contains(named, StringComparison.Ordinal))
                    wrong.Add($"{reader} does not read {named}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void The_tests_of_bad_input_exist()
    {
        string[] named = [.. MarkdownTable.Rows(s_text, "case").SelectMany(static row => row[1].Split(", "))];
        Assert.True(named.Length > 40, $"only {named.Length} tests are named");
        var tests = Repository.Files("tests", "*Tests.cs").ToLookup(static file => Path.GetFileNameWithoutExtension(file), static file => Repository.Read(file));
        Assert.DoesNotContain(
            named, test => !tests[test.Split('.')[0]].Any(source => source.Contains($" {test.Split('.')[1]}(", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_vectors_are_the_published_ones()
    {
        IEnumerable<(string File, string Hash)> sums = File.ReadLines(VectorFiles.PathOf("standard", "SHA256SUMS"))
            .Select(static line => line.Split("  ./"))
            .Where(static parts => parts[1] != "SHA256SUMS")
            .Select(static parts => ("standard/" + parts[1], parts[0]));
        using JsonDocument index = JsonDocument.Parse(VectorFiles.Bytes("qos", "index.json"));
        IEnumerable<(string File, string Hash)> indexed =
            from entry in index.RootElement.EnumerateArray()
            where entry.TryGetProperty("sha256", out JsonElement hash) && hash.ValueKind == JsonValueKind.String
            select ("qos/" + entry.GetProperty("path").GetString(), entry.GetProperty("sha256").GetString());
        (string File, string Hash)[] all = [.. sums, .. indexed];
        Assert.True(all.Length > 60, $"only {all.Length} hashes");
        Assert.DoesNotContain(all, static one => Convert.ToHexStringLower(SHA256.HashData(VectorFiles.Bytes(one.File))) != one.Hash);
    }

    private static Regex Pattern(string row) => new(
        "^" + Regex.Escape(row).Replace(@"\*", "[^/]*", StringComparison.Ordinal) + (row.EndsWith('/') ? "" : "$"), RegexOptions.CultureInvariant);
}
