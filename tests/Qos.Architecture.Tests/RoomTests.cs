namespace Qos.Architecture.Tests;

/// <summary>The project files against the table of rooms in docs/architecture.md.</summary>
public class RoomTests
{
    private static readonly IReadOnlyList<string[]> s_table = MarkdownTable.Rows(Repository.Read("docs", "architecture.md"), "room");

    [Fact]
    public void Every_room_has_a_row_and_every_row_a_room() =>
        Assert.Equal(Room.All.Keys.Order(StringComparer.Ordinal), s_table.Select(static row => row[0]).Order(StringComparer.Ordinal));

    [Fact]
    public void A_room_may_use_only_rooms_above_it()
    {
        var above = new HashSet<string>(StringComparer.Ordinal);
        foreach (string[] row in s_table)
        {
            Assert.All(Named(row), name => Assert.True(above.Contains(name), $"{row[0]} names {name}, which is not above it."));
            above.Add(row[0]);
        }
    }

    [Fact]
    public void References_are_those_that_the_table_allows()
    {
        var allowed = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        var wrong = new List<string>();
        foreach (string[] row in s_table)
        {
            var closure = new HashSet<string>(Named(row).SelectMany(name => allowed[name].Append(name)), StringComparer.Ordinal);
            allowed.Add(row[0], closure);
            wrong.AddRange(Room.All[row[0]].References.Where(name => !closure.Contains(name)).Select(name => $"{row[0]} uses {name}"));
        }

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("Qos.Enclave")]
    [InlineData("Qos.Init")]
    [InlineData("Qos.App")]
    public void What_runs_in_the_enclave_reaches_no_simulator_client_token_or_host(string name)
    {
        string[] outside = ["Qos.Simulator", "Qos.NsmSim", "Qos.Client", "Qos.Cli", "Qos.Host", "Qos.Verify", "Qos.Eif", "Qos.Tokens"];
        Assert.Empty(Room.All[name].Reachable().Intersect(outside, StringComparer.Ordinal));
    }

    [Fact]
    public void The_image_s_program_reaches_no_process_that_can_be_told_to_use_a_simulator() =>
        Assert.DoesNotContain("Qos.Enclave", Room.All["Qos.Init"].Reachable());

    [Fact]
    public void The_trusted_base_takes_no_packages_but_these()
    {
        string[] expected =
        [
            "Microsoft.Extensions.Logging.Abstractions",
            "NSec.Cryptography",
            "System.Formats.Cbor",
            "Tmds.LibC",
        ];
        Assert.Empty(Room.All["Qos.Enclave"].Reachable().SelectMany(static name => Room.All[name].Packages).Except(expected, StringComparer.Ordinal));
    }

    [Fact]
    public void The_solution_holds_every_project()
    {
        string solution = Repository.Read("Qos.sln");
        Assert.All(
            Repository.Files("src", "*.csproj").Concat(Repository.Files("tests", "*.csproj")),
            file => Assert.Contains(file.Replace('/', '\\'), solution, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Named(string[] row) =>
        row[2] == "nothing" ? [] : row[2].Split(", ").Select(static name => $"Qos.{name}");
}
