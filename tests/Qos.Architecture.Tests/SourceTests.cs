using System.Text.RegularExpressions;

namespace Qos.Architecture.Tests;

/// <summary>Rules for the source files that no compiler checks.</summary>
public partial class SourceTests
{
    private const int LongestFile = 600;

    [Fact]
    public void Native_calls_of_the_trusted_base_are_declared_in_one_room()
    {
        var rooms = Room.All["Qos.Enclave"].Reachable().Concat(Room.All["Qos.Init"].Reachable()).Concat(Room.All["Qos.App"].Reachable()).Distinct(StringComparer.Ordinal);
        var elsewhere = rooms.Where(static room => room != "Qos.Native").SelectMany(static room => Repository.Files(Room.All[room].Folder, "*.cs"))
            .Where(static file => NativeImport().IsMatch(Repository.Read(file)));
        Assert.Empty(elsewhere);
    }

    [Fact]
    public void No_file_is_too_long()
    {
        var sources = Repository.Sources().Concat(Repository.Files("native", "*.c"));
        Assert.DoesNotContain(sources, static file => Repository.Read(file).Count(static c => c == '\n') > LongestFile);
    }

    [Fact]
    public void A_silenced_warning_says_why()
    {
        var silent = new List<string>();
        foreach (string file in Repository.Sources())
        {
            string[] lines = Repository.Read(file).Split('\n');
            for (int i = 0; i < lines.Length; i++)
            {
                bool reasoned = lines[i].Contains("//", StringComparison.Ordinal)
                    || lines[i].Contains("Justification", StringComparison.Ordinal)
                    || (i > 0 && lines[i - 1].TrimStart().StartsWith("//", StringComparison.Ordinal));
                if (Silencer().IsMatch(lines[i]) && !reasoned)
                    silent.Add($"{file}({i + 1}): {lines[i].Trim()}");
            }
        }

        Assert.Empty(silent);
    }

    [Fact]
    public void A_project_file_that_silences_a_warning_says_why()
    {
        var silent = new List<string>();
        foreach (string file in Repository.Files("src", "*.csproj").Concat(Repository.Files("tests", "*.csproj")))
        {
            string[] lines = Repository.Read(file).Split('\n');
            for (int i = 0; i < lines.Length; i++)
            {
                bool reasoned = lines[i].Contains("<!--", StringComparison.Ordinal) || (i > 0 && lines[i - 1].Contains("-->", StringComparison.Ordinal));
                if (lines[i].Contains("<NoWarn>", StringComparison.Ordinal) && !reasoned)
                    silent.Add($"{file}({i + 1}): {lines[i].Trim()}");
            }
        }

        Assert.Empty(silent);
    }

    [Fact]
    public void A_file_holds_one_public_type()
    {
        var crowded = Repository.Files("src", "*.cs").Where(static file => PublicType().Count(Repository.Read(file)) > 1);
        Assert.Empty(crowded);
    }

    [Fact]
    public void No_file_is_named_after_nothing() =>
        Assert.DoesNotContain(Repository.Sources(), static file => VagueName().IsMatch(Path.GetFileNameWithoutExtension(file)));

    [Theory]
    [InlineData("src/Qos.Enclave/Program.cs", "ProcessHardening.Apply()")]
    [InlineData("src/Qos.Init/Program.cs", "ProcessHardening.Apply()")]
    [InlineData("src/Qos.Runtime/ProcessHardening.cs", "ProcessMemory.Protect()")]
    [InlineData("src/Qos.Cli/Program.cs", "ProcessMemory.Protect()")]
    [InlineData("src/Qos.Compat/Program.cs", "ProcessMemory.Protect()")]
    public void A_program_that_opens_keys_protects_its_memory_first(string file, string call) =>
        Assert.Contains(call, Repository.Read(file), StringComparison.Ordinal);

    [Fact]
    public void No_test_sleeps() =>
        Assert.DoesNotContain(Repository.Files("tests", "*.cs"), static file => Sleep().IsMatch(Repository.Read(file)));

    // With the bracket or the dot, so that a comment may still speak of it.
    [GeneratedRegex(@"\[\s*(LibraryImport|DllImport)\s*\(|\[\s*(System\.)?Runtime\.InteropServices\.(LibraryImport|DllImport)|NativeLibrary\.(Load|GetExport)")]
    private static partial Regex NativeImport();

    [GeneratedRegex(@"^\s*#pragma warning disable|\[\s*(assembly:\s*)?(Unconditional)?SuppressMessage\(")]
    private static partial Regex Silencer();

    [GeneratedRegex(@"^public (?:(?:static|sealed|abstract|partial|readonly|ref|unsafe) )*(?:class|struct|record|interface|enum|delegate) ", RegexOptions.Multiline)]
    private static partial Regex PublicType();

    [GeneratedRegex("(Utils?|Helpers?|Common|Manager)$")]
    private static partial Regex VagueName();

    [GeneratedRegex(@"\bThread\.Sleep\s*\(\s*[^)\s]")]
    private static partial Regex Sleep();
}
