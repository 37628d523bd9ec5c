using System.CommandLine;

namespace Qos.Cli.Tests;

/// <summary>What holds for every command.</summary>
public class CompletenessTests
{
    [Fact]
    public void Every_command_with_a_result_gives_it_as_JSON() => Assert.Empty(
        from command in Commands()
        where command is not CompletionCommand && !command.Options.Any(static option => option.Name == "--json")
        select command.Name);

    [Fact]
    public void A_comparison_is_given_up_only_by_an_option_that_says_so()
    {
        string[] silent =
        [
            .. from command in Commands()
               from option in command.Options
               where option.Name.StartsWith("--allow-any-", StringComparison.Ordinal) && (option is SettingOption || option.Required || option.Description is not { Length: > 40 })
               select $"{command.Name} {option.Name}",
        ];
        Assert.Empty(silent);
        Assert.DoesNotContain(ProfileSetting.All, static setting => setting.Name.StartsWith("allow", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_version_is_told_with_the_commit()
    {
        using var output = new StringWriter();
        Assert.Equal(0, await CommandLine.RunAsync(["--version"], new Terminal(output, TextWriter.Null, new ScriptedKeyboard([]))));
        Assert.Matches(@"^qos \d+\.\d+\.\d+ \(commit [0-9a-z-]+\)\s*$", output.ToString());
    }

    [Fact]
    public void Every_setting_is_an_option_of_some_command_under_its_own_name()
    {
        HashSet<string> options = [.. Commands().Where(static command => command is not InitCommand).SelectMany(static command => command.Options.OfType<SettingOption>()).Select(static option => option.Setting.Name)];
        Assert.Equal(ProfileSetting.All.Select(static setting => setting.Name).Order(), options.Order());
    }

    [Theory]
    [InlineData("c", "main.c")]
    [InlineData("dotnet", "NAME.csproj Program.cs")]
    [InlineData("go", "go.mod main.go")]
    [InlineData("node", "app.js")]
    [InlineData("python", "app.py main.c pack.py")]
    [InlineData("rust", "main.rs")]
    public void A_template_is_whole(string language, string sources) => Assert.Equal(
        string.Join(' ', ((string[])["Dockerfile", "README.md", "build", "test", .. sources.Split(' ')]).Order(StringComparer.Ordinal)),
        string.Join(' ', AppNewCommand.FilesOf(language).Keys.Order(StringComparer.Ordinal)));

    private static IEnumerable<QosCommand> Commands() =>
        CommandLine.Root(null).Subcommands.SelectMany(static group => group is QosCommand alone ? [alone] : group.Subcommands.Cast<QosCommand>());
}
