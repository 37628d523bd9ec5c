using System.CommandLine;
using Qos.Client;
using Qos.Keys;

namespace Qos.Compat;

/// <summary><c>qos_client shamir-reconstruct</c></summary>
internal sealed class ShamirReconstructCommand : ClientCommand
{
    private readonly Option<string[]> _shares = new("--share") { Description = "A share; repeat it for each.", Required = true };
    private readonly Option<string> _out = Standard.Required("output-path", "The secret; never over another file.");

    public ShamirReconstructCommand()
        : base("shamir-reconstruct", "Put shares together.") =>
        Take(_shares, _out);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string[] shares = parsed.GetValue(_shares)!;
        if (shares.Length == 1)
            screen.Warn("one share alone gives the secret only of a set that has one share");
        using SecretMemory secret = SecretFile.Combine(shares);
        SecretFile.Write(parsed.GetValue(_out)!, secret);
        screen.Wrote("Reconstructed secret", parsed.GetValue(_out)!);
        return Task.CompletedTask;
    }
}
