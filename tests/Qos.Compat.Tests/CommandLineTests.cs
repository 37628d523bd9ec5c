namespace Qos.Compat.Tests;

/// <summary>What the command lines take and refuse.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly ClientFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("qos_client", "qos_client", "a b")]
    [InlineData("qos-compat", "a", "b")]
    [InlineData("qos_host", "qos_host", "a b")]
    public void A_link_or_the_first_word_says_which_program_it_is(string called, string name, string rest)
    {
        (string actual, string[] args) = CalledName.Split(called, ["a", "b"]);
        Assert.Equal((name, rest), (actual, string.Join(' ', args)));
    }

    [Theory]
    [InlineData("host-health --host-ip 127.0.0.1")]
    [InlineData("host-health --host-ip 127.0.0.1 --host-port 99999")]
    [InlineData("host-health --host-ip 127.0.0.1 --host-port 3000 --what")]
    [InlineData("no-such-command")]
    [InlineData("")]
    public async Task A_command_line_that_makes_no_sense_ends_with_1(string line) =>
        Assert.StartsWith("Invalid input: ", await _folder.RefusedAsync(line), StringComparison.Ordinal);

    [Fact]
    public async Task The_version_is_told_by_every_command() =>
        Assert.Equal($"version: {ClientCommandLine.Version}\n", await _folder.DoAsync("boot-standard --version"));

    [Theory]
    [InlineData("provision-yubikey --pub-path a")]
    [InlineData("advanced-provision-yubikey --master-seed-path a --current-pin-path b")]
    [InlineData("yubikey-sign --payload 00")]
    [InlineData("yubikey-public")]
    [InlineData("yubikey-piv-reset")]
    [InlineData("yubikey-change-pin --current-pin-path a --new-pin-path b")]
    [InlineData("after-genesis --yubikey --share-path a --alias b --namespace-dir c --qos-release-dir d --pcr3-preimage-path e")]
    public async Task The_YubiKey_commands_say_in_one_line_what_replaces_them(string line)
    {
        string error = await _folder.RefusedAsync(line);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.True(error.Contains("ykman", StringComparison.Ordinal) || error.Contains("'qos", StringComparison.Ordinal), error);
    }

    [Theory]
    [InlineData("--pivot-args a,b", "in brackets")]
    [InlineData("--restart-policy sometimes", "--restart-policy")]
    public async Task Values_of_another_form_are_refused(string option, string complaint)
    {
        string line = "dangerous-dev-boot --host-ip 127.0.0.1 --host-port 1 --pivot-path a";
        line += option.StartsWith("--restart", StringComparison.Ordinal) ? $" {option}" : $" --restart-policy never {option}";
        Assert.Contains(complaint, await _folder.RefusedAsync(line), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pivot-hash --output-path= --pivot-path @a", "--output-path")]
    [InlineData("host-health --host-ip= --host-port 3000", "--host-ip")]
    [InlineData("pivot-hash --output-path --pivot-path @a", "--output-path")]
    [InlineData("pivot-hash --pivot-path @a --output-path", "--output-path")]
    [InlineData("shamir-reconstruct --share --output-path @a", "--share")]
    [InlineData("shamir-reconstruct --share @a --share --output-path @b", "--share")]
    [InlineData("generate-file-key --master-seed-path --pub-path --pub-path", "--master-seed-path")]
    public async Task An_option_is_never_anothers_value(string line, string option)
    {
        string error = await _folder.RefusedAsync(line);
        Assert.StartsWith("Invalid input: ", error, StringComparison.Ordinal);
        Assert.Contains(option, error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public async Task Help_comes_before_everything_else() =>
        Assert.Contains("--pivot-path", await _folder.DoAsync("boot-standard --version --no-such-option --host-ip --help"), StringComparison.Ordinal);

    [Fact]
    public void Texts_are_quoted_as_the_reference_quotes_them() => Assert.Equal(
        """["--a", "say \"no\"", "back\\slash", "a\n\r\t\0b", "\u{1b}[2J", "\u{202e}", "  two  "]""",
        Screen.Listed(["--a", "say \"no\"", "back\\slash", "a\n\r\t\0b", "\u001b[2J", "\u202e", "  two  "]));

    [Fact]
    public void The_role_is_the_files_first_line_as_it_is()
    {
        foreach ((string content, string arn) in ((string, string)[])[("arn\n", "arn"), ("arn", "arn"), (" arn \r\nmore\n", " arn "), ("\narn", "")])
        {
            _folder.Write("role", content);
            Assert.Equal(arn, Role.Arn(_folder["role"]));
        }
    }
}
