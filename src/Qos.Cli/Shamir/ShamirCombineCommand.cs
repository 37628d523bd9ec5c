using System.CommandLine;
using Qos.Client;
using Qos.Keys;

namespace Qos.Cli;

/// <summary><c>qos shamir combine</c></summary>
internal sealed class ShamirCombineCommand : QosCommand
{
    private readonly Option<string[]> _shares = new("--share")
    {
        Description = "A share; repeat it for each, in any order.",
        HelpName = "FILE",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string> _out = StandardOptions.Output("The secret; for its owner alone, and never over another file.");

    public ShamirCombineCommand()
        : base(
            "combine",
            "Put shares together. Too few of them, or shares of two secrets, give some other bytes: compare what comes out.",
            "qos shamir combine --share 1.share --share 3.share --out seed") =>
        Take(_shares, _out);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_out)!;
        OutputFile.RequireFree(path);
        using SecretMemory secret = SecretFile.Combine(parsed.GetValue(_shares)!);
        SecretFile.Write(path, secret);
        terminal.Page.Wrote(path, $"{secret.Length} bytes");
        return Task.CompletedTask;
    }
}
