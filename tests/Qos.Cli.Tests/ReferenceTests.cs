using System.CommandLine;
using System.Text;

namespace Qos.Cli.Tests;

/// <summary>docs/cli.md is the help of all commands.</summary>
public partial class ReferenceTests
{
    private const string Mark = "<!-- From here on: the help of every command. -->\n";

    [Fact]
    public async Task The_reference_is_the_help()
    {
        string path = Path.Combine("docs", "cli.md");
        string text = await File.ReadAllTextAsync(Path.Combine(Golden.Root, path));
        int at = text.IndexOf(Mark, StringComparison.Ordinal);
        Assert.True(at >= 0, "docs/cli.md lacks its mark");

        var reference = new StringBuilder(text[..(at + Mark.Length)]);
        foreach (Command group in CommandLine.Root(null).Subcommands)
        {
            if (group is QosCommand)
            {
                reference.Append($"\n## qos {group.Name}\n\n```\n{await HelpAsync(group.Name)}\n```\n");
                continue;
            }

            reference.Append($"\n## qos {group.Name}\n\n{group.Description}\n");
            foreach (Command command in group.Subcommands)
                reference.Append($"\n### qos {group.Name} {command.Name}\n\n```\n{await HelpAsync(group.Name, command.Name)}\n```\n");
        }

        Golden.Check(path, reference.ToString());
    }

    [Fact]
    public void Every_command_has_an_example_that_begins_with_its_name()
    {
        var without =
            from @group in CommandLine.Root(null).Subcommands
            from command in @group.Subcommands
            where @group is not QosCommand
            where ((QosCommand)command).Examples is not [var first, ..] || !$"{first} ".StartsWith($"qos {@group.Name} {command.Name} ", StringComparison.Ordinal)
            select $"{@group.Name} {command.Name}";
        Assert.Empty(without);
    }

    [Fact]
    public async Task Every_example_is_a_command_line_that_is_understood()
    {
        foreach (Command group in CommandLine.Root(null).Subcommands)
        {
            foreach (QosCommand command in group.Subcommands.Cast<QosCommand>())
            {
                foreach (string example in command.Examples)
                {
                    ParseResult parsed = CommandLine.Root(null).Parse(example[4..].Replace("$(cat pcr3-preimage.txt)", "arn:aws:iam::123456789012:role/Webserver", StringComparison.Ordinal).Split(" 3<")[0]);
                    Assert.True(parsed.Errors.Count == 0, $"{example}: {string.Join("; ", parsed.Errors.Select(static error => error.Message))}");
                }
            }
        }

        await Task.CompletedTask;
    }

    /// <summary>What a reader would paste. Whether it also does what the page says is for the tests that run it.</summary>
    [Fact]
    public void Every_command_line_of_the_documents_is_understood()
    {
        var wrong = new List<string>();
        int count = 0;
        string[] pages = [.. Directory.GetFiles(Golden.Root, "*.md"), .. Directory.GetFiles(Path.Combine(Golden.Root, "docs"), "*.md", SearchOption.AllDirectories), .. Directory.GetFiles(Path.Combine(Golden.Root, "src"), "README.md", SearchOption.AllDirectories)];
        foreach (string page in pages.Where(static page => !page.EndsWith("CHANGELOG.md", StringComparison.Ordinal)))
        {
            foreach (string line in CommandLines(File.ReadAllText(page).Split(Mark)[0]))
            {
                count++;
                ParseResult parsed = CommandLine.Root(null).Parse(line);
                foreach (string error in parsed.Errors.Select(static error => error.Message).Where(static error => !error.Contains("is required", StringComparison.Ordinal)))
                    wrong.Add($"{Path.GetRelativePath(Golden.Root, page)}: qos {line}: {error}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(count > 60, $"{count} command lines were found");
    }

    [Fact]
    public async Task Help_keeps_to_the_width_of_the_terminal_but_for_examples_which_are_to_be_copied()
    {
        const int Width = 60;
        foreach (Command group in CommandLine.Root(null).Subcommands)
        {
            foreach (string[] words in group.Subcommands.Select(command => (string[])[group.Name, command.Name]).Append([group.Name]))
            {
                string[] lines = (await HelpAsync(Width, words)).Split("\nExample")[0].Split('\n');
                Assert.All(lines, line => Assert.True(line.Length <= Width, $"{string.Join(' ', words)}: {line}"));
            }
        }
    }

    [Fact]
    public async Task Help_and_version_are_found_as_words_as_well()
    {
        Assert.Equal(await OutputAsync("deploy", "plan", "--help"), await OutputAsync("help", "deploy", "plan"));
        Assert.Equal(await OutputAsync("--help"), await OutputAsync("help"));
        Assert.Equal(await OutputAsync("--version"), await OutputAsync("version"));
    }

    // The lines of blocks that begin with the program, without what the shell makes of them.
    private static IEnumerable<string> CommandLines(string page)
    {
        bool isFenced = false;
        foreach (string line in page.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n'))
        {
            isFenced ^= line.TrimStart().StartsWith("```", StringComparison.Ordinal);
            string text = line.Trim();
            text = text.StartsWith("$ ", StringComparison.Ordinal) ? text[2..] : text;
            if ((!isFenced && !line.StartsWith("    ", StringComparison.Ordinal)) || !text.StartsWith("qos ", StringComparison.Ordinal))
                continue;
            text = text[4..].Replace("$held", "", StringComparison.Ordinal).Replace("…", "", StringComparison.Ordinal);
            text = ShellWords().Replace(text, "http://x");
            yield return ShellEnd().Replace(text, "").Trim();
        }
    }

    // A variable, mostly a host of the reader's, or what a command prints; a comment, a redirection or the next command.
    [System.Text.RegularExpressions.GeneratedRegex(@"\$\([^)]*\)|\$\w+")]
    private static partial System.Text.RegularExpressions.Regex ShellWords();

    [System.Text.RegularExpressions.GeneratedRegex(@"\s(#|&&|\||>|\d?<|&).*$")]
    private static partial System.Text.RegularExpressions.Regex ShellEnd();

    private static Task<string> HelpAsync(params string[] words) => HelpAsync(140, words);

    private static async Task<string> OutputAsync(params string[] words)
    {
        using var output = new StringWriter { NewLine = "\n" };
        Assert.Equal(0, await CommandLine.RunAsync(words, new Terminal(output, TextWriter.Null, new ScriptedKeyboard([]))));
        return output.ToString();
    }

    private static async Task<string> HelpAsync(int width, params string[] words)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal(output, TextWriter.Null, new ScriptedKeyboard([])) { Width = () => width };
        Assert.Equal(0, await CommandLine.RunAsync([.. words, "--help"], terminal));
        string help = string.Join('\n', output.ToString().Split('\n').Select(static line => line.TrimEnd())).Trim('\n');

        // The name of the program is the test host's here.
        return System.Text.RegularExpressions.Regex.Replace(help, @"(?m)(?<=^Usage:\n  )\S+ ", "qos ");
    }
}
