using System.CommandLine;
using System.CommandLine.Parsing;
using Qos.Verify;

namespace Qos.Cli;

/// <summary><c>--time UNIX|document|now</c>: when certificates must be valid.</summary>
internal sealed class TimeOption : Option<string>
{
    private readonly bool _isArchive;

    /// <param name="isArchive">Whether it is the document's own time unless another one is named.</param>
    public TimeOption(bool isArchive = false)
        : base("--time")
    {
        _isArchive = isArchive;
        Description = $"When the certificates must be valid: now, seconds since 1970, or \"document\" for an archived document's own time. Default: {(isArchive ? "document" : "now")}.";
        HelpName = "UNIX|document|now";
        Validators.Add(Validate);
    }

    /// <summary>The time that was chosen.</summary>
    public ValidationTime Read(ParseResult parsed) => parsed.GetValue(this) is { } text ? ValidationTime.Parse(text) : _isArchive ? ValidationTime.Document : ValidationTime.Now;

    private static void Validate(OptionResult result)
    {
        string text = result.Tokens.Count == 0 ? "" : result.Tokens[^1].Value;
        try
        {
            ValidationTime.Parse(text);
        }
        catch (FormatException e)
        {
            result.AddError($"--time {e.Message}");
        }
    }
}
