using System.CommandLine;
using Qos.Client;
using Qos.Keys;

namespace Qos.Compat;

/// <summary><c>qos_client shamir-split</c></summary>
internal sealed class ShamirSplitCommand : ClientCommand
{
    private readonly Option<string> _secret = Standard.Required("secret-path", "The secret, any bytes.");
    private readonly Option<int> _total = Standard.Number<int>("total-shares", "How many shares to make.");
    private readonly Option<int> _threshold = Standard.Number<int>("threshold", "How many of them give the secret back.");
    private readonly Option<string> _folder = Standard.Required("output-dir", "Folder of 1.share and so on, none of which is written over another.");

    public ShamirSplitCommand()
        : base("shamir-split", "Split a secret into shares.") =>
        Take(_secret, _total, _threshold, _folder);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        using SecretMemory secret = SecretFile.Read(parsed.GetValue(_secret)!);
        foreach (string path in SecretFile.WriteShares(
            parsed.GetValue(_folder)!, secret, parsed.GetValue(_total), parsed.GetValue(_threshold), SystemRandomSource.Instance))
        {
            screen.Wrote(Path.GetFileName(path), path);
        }
        return Task.CompletedTask;
    }
}
