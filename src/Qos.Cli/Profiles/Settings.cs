using System.CommandLine;
using System.CommandLine.Parsing;

namespace Qos.Cli;

/// <summary>Where a setting's value comes from: the command line, then the environment, then the profile.</summary>
/// <param name="environment">Reads an environment variable.</param>
/// <param name="profile">The profile that the command line names, or null.</param>
internal sealed class Settings(Func<string, string?> environment, string? profile)
{
    /// <summary>The option that names a profile.</summary>
    public static Option<string?> ProfileOption() => new("--profile")
    {
        Description = $"Take what is not given here from this file. Default: QOS_PROFILE, or the nearest {Profile.FileName} upwards.",
        HelpName = "FILE",
        Recursive = true,
    };

    private Profile? _profile;

    /// <summary>The profile, read when it is first asked for.</summary>
    public Profile Profile => _profile ??= Profile.Find(profile ?? Variable("QOS_PROFILE"));

    /// <summary>The value of a setting that is not on the command line; null when it is nowhere.</summary>
    /// <exception cref="UsageException">The environment's value makes no sense.</exception>
    public string? Read(ProfileSetting setting)
    {
        if (Variable(setting.Variable) is { } text)
        {
            if (setting.Complain?.Invoke(text) is { } complaint)
                throw new UsageException($"{setting.Variable} {complaint}");
            return text;
        }

        return Profile.TryGet(setting, out (string Value, string Place) found) ? found.Value : null;
    }

    private string? Variable(string name) => environment(name) is { Length: > 0 } text ? text : null;
}

/// <summary>An option whose value may also come from the environment or the profile.</summary>
internal sealed class SettingOption : Option<string?>
{
    private readonly ProfileSetting _setting;

    /// <param name="setting">Which setting.</param>
    /// <param name="isNeeded">Whether the command cannot do without.</param>
    /// <param name="description">What it is here, when the setting's own description does not say it.</param>
    public SettingOption(ProfileSetting setting, bool isNeeded = false, string? description = null)
        : base(setting.Option)
    {
        _setting = setting;
        IsNeeded = isNeeded;
        Description = description ?? setting.Description;
        HelpName = setting.HelpName;
        Validators.Add(Validate);
    }

    /// <summary>Whether the command cannot do without.</summary>
    public bool IsNeeded { get; }

    /// <summary>Which setting.</summary>
    public ProfileSetting Setting => _setting;

    /// <summary>The value; null when it is nowhere.</summary>
    public string? Read(ParseResult parsed) => IsOnCommandLine(parsed) ? parsed.GetValue(this) : ((QosInvocation)parsed.InvocationConfiguration).Settings.Read(_setting);

    /// <summary>The value of an option that is needed: the command does not run without.</summary>
    public string Require(ParseResult parsed) => Read(parsed) ?? throw new UsageException($"{Name} is required");

    /// <summary>Whether it was typed.</summary>
    public bool IsOnCommandLine(ParseResult parsed) => parsed.GetResult(this) is { Implicit: false };

    private void Validate(OptionResult result)
    {
        string text = result.Tokens.Count == 0 ? "" : result.Tokens[^1].Value;
        if (text.Length == 0)
            result.AddError($"{Name} is empty");
        else if (_setting.Complain?.Invoke(text) is { } complaint)
            result.AddError($"{Name} {complaint}");
    }
}
