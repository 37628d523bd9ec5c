using System.CommandLine;
using System.Globalization;
using Qos.Client;
using Qos.Keys;

namespace Qos.Cli;

/// <summary><c>qos shamir split</c></summary>
internal sealed class ShamirSplitCommand : QosCommand
{
    private readonly Option<string> _secret = StandardOptions.Input("--secret", "The secret, any bytes.");
    private readonly Option<int> _shares = StandardOptions.Number<int>("--shares", "How many shares to make.", "N");
    private readonly Option<int> _threshold = StandardOptions.Number<int>("--threshold", "How many of them give the secret back.", "K");
    private readonly Option<string> _folder = new("--out-dir") { Description = "The folder of 1.share, 2.share and so on.", HelpName = "DIR", Required = true };

    public ShamirSplitCommand()
        : base("split", "Split a secret into shares.", "qos shamir split --secret seed --shares 3 --threshold 2 --out-dir shares") =>
        Take(_secret, _shares, _threshold, _folder);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        int count = parsed.GetValue(_shares);
        int threshold = parsed.GetValue(_threshold);
        using SecretMemory secret = SecretFile.Read(parsed.GetValue(_secret)!);
        foreach (string path in SecretFile.WriteShares(parsed.GetValue(_folder)!, secret, count, threshold, SystemRandomSource.Instance))
            terminal.Page.Wrote(path, "a share, for its owner alone");
        terminal.Page.Line(string.Create(CultureInfo.InvariantCulture, $"Any {threshold} of the {count} give the secret back."));
        return Task.CompletedTask;
    }
}
