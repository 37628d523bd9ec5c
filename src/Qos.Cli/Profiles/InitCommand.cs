using System.CommandLine;
using System.Text;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos init</c></summary>
internal sealed class InitCommand : QosCommand
{
    private readonly Option<string> _out = new("--out") { Description = "The profile.", HelpName = "FILE", DefaultValueFactory = static _ => Profile.FileName };
    private readonly Option<bool> _force = StandardOptions.Force();
    private readonly SettingOption[] _settings = [.. ProfileSetting.All.Select(static setting => new SettingOption(setting))];

    public InitCommand()
        : base(
            "init",
            $"Make a ceremony's {Profile.FileName}: what you hold, so that it need not be typed again. Without options, each value is asked for.",
            "qos init",
            "qos init --host http://127.0.0.1:3001 --pcrs aws-x86_64.pcrs --manifest-set manifest-set --share-set share-set --dr-key none"
            + " --alias alice --secret alice.secret --share alice.share")
    {
        Take(_out, _force);
        Take(_settings);
    }

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_out)!;
        bool force = parsed.GetValue(_force);
        OutputFile.RequireFree(path, force);
        bool asks = terminal.CanAsk && !_settings.Any(option => option.IsOnCommandLine(parsed));
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var text = new StringBuilder("# What a member holds for a ceremony; 'qos' finds this file from the folder that it is in, and from those below it.\n");
        text.Append("# An option on the command line comes before a variable of the environment, and that before this file. Files are named from its folder.\n");
        foreach (SettingOption option in _settings)
        {
            ProfileSetting setting = option.Setting;
            string? value = asks ? Ask(terminal, setting) : option.IsOnCommandLine(parsed) ? parsed.GetValue(option) : null;
            text.Append('\n').Append("# ").Append(setting.Description).Append('\n');
            text.Append(value is null ? $"# {setting.Name}:" : $"{setting.Name}: {Quote(FromFolder(setting, folder, value))}").Append('\n');
        }

        OutputFile.Write(path, Encoding.UTF8.GetBytes(text.ToString()), force);
        terminal.Page.Wrote(path, "the profile; a line that begins with # says nothing yet");
        return Task.CompletedTask;
    }

    private static string? Ask(Terminal terminal, ProfileSetting setting)
    {
        while (true)
        {
            string answer = terminal.AskLine($"{setting.Name} ({setting.Description})").Trim();
            if (answer.Length == 0)
                return null;
            if (setting.Complain?.Invoke(answer) is not { } complaint)
                return answer;
            terminal.Warn($"{setting.Name} {complaint}");
        }
    }

    // As it will be read: from the profile's folder.
    private static string FromFolder(ProfileSetting setting, string folder, string value) =>
        setting.Below(folder, value) == value || Path.IsPathRooted(value) ? value : Path.GetRelativePath(folder, Path.GetFullPath(value));

    private static string Quote(string value)
    {
        if (VisibleText.NeedsEscape(value))
            throw new UsageException($"'{VisibleText.Escape(value)}' holds a character that cannot be seen: name it otherwise");
        bool isPlain = value.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '/' or ':' or '@' or '+' or '=' or '-') && char.IsAsciiLetterOrDigit(value[0])
            && !value.EndsWith(':');
        return isPlain ? value : $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
    }
}
