using System.CommandLine;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary>The option <c>--restart</c>: what happens when the app ends. Manifests write the words with a capital, so either case is taken.</summary>
internal sealed class RestartOption : Option<string>
{
    private const string Never = "never";
    private const string Always = "always";

    public RestartOption(string description)
        : base("--restart")
    {
        Description = description;
        HelpName = $"{Never}|{Always}";
        DefaultValueFactory = static _ => Never;
        this.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, Never, Always);
    }

    /// <summary>What was chosen.</summary>
    public RestartPolicy Of(ParseResult parsed) =>
        string.Equals(parsed.GetValue(this), Always, StringComparison.OrdinalIgnoreCase) ? RestartPolicy.Always : RestartPolicy.Never;
}
