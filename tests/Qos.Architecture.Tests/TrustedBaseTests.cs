using System.Globalization;

namespace Qos.Architecture.Tests;

/// <summary>docs/trusted-base.md against the sources; <c>.ci/trusted-base</c> writes the page anew.</summary>
public class TrustedBaseTests
{
    private const double Tolerance = 0.10;

    private static readonly SortedSet<string> s_reachable =
        [.. Room.All["Qos.Enclave"].Reachable(), .. Room.All["Qos.Init"].Reachable()];

    private static readonly string s_page = Repository.Read("docs", "trusted-base.md");

    [Fact]
    public void It_names_every_room_that_the_enclave_s_programs_reach() =>
        Assert.Equal(
            s_reachable.Order(StringComparer.Ordinal),
            MarkdownTable.Rows(s_page, "part").Select(static row => row[0]).Where(static part => part.StartsWith("Qos.", StringComparison.Ordinal)).Order(StringComparer.Ordinal));

    [Fact]
    public void Its_sum_is_the_length_of_those_rooms_within_a_tenth()
    {
        int actual = s_reachable
            .SelectMany(static name => Repository.Files(Room.All[name].Folder, "*.cs"))
            .Concat(Repository.Files("native", "*.c"))
            .Concat(Repository.Files("native", "*.h"))
            .Sum(static file => Repository.Read(file).Count(static c => c == '\n'));
        int said = int.Parse(MarkdownTable.Rows(s_page, "part").Single(static row => row[0] == "sum")[2], CultureInfo.InvariantCulture);
        Assert.True(Math.Abs(actual - said) <= Tolerance * actual, $"The page says {said} lines, there are {actual}: run .ci/trusted-base.");
    }

    [Fact]
    public void It_names_every_package_that_a_reachable_room_names()
    {
        var said = MarkdownTable.Rows(s_page, "package").Select(static row => row[0]).ToHashSet(StringComparer.Ordinal);
        Assert.Subset(said, s_reachable.SelectMany(static name => Room.All[name].Packages).ToHashSet(StringComparer.Ordinal));
    }
}
