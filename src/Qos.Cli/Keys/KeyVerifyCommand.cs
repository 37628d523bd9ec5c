using System.CommandLine;
using Qos.Client;
using Qos.Keys;

namespace Qos.Cli;

/// <summary><c>qos key verify</c></summary>
internal sealed class KeyVerifyCommand : QosCommand
{
    private readonly Argument<string> _public = new("PUB") { Description = "The signer's public key file." };
    private readonly Option<string> _in = StandardOptions.Input("--in", "What was signed.");

    private readonly Option<string> _signature = new("--signature")
    {
        Description = "The signature as 128 hex digits, or a file that holds them.",
        HelpName = "HEX|FILE",
        Required = true,
    };

    public KeyVerifyCommand()
        : base("verify", "Verify a file's signature; exit status 1 when it is not valid.", "qos key verify alice.pub --in report.pdf --signature report.sig") =>
        Take(_public, _in, _signature);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string given = parsed.GetValue(_signature)!;
        string signer = parsed.GetValue(_public)!;
        byte[] signature = given.Length == 2 * PublicKey.SignatureSize && given.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(given)
            : InputFile.Hexadecimal(given, PublicKey.SignatureSize, "a signature");
        if (!KeyFile.ReadPublic(signer).Verify(InputFile.Bytes(parsed.GetValue(_in)!), signature))
            throw new CeremonyException($"The signature is not valid: {parsed.GetValue(_in)} was not signed so by the key in {signer}.");
        terminal.Page.Line("The signature is valid.", Tone.Good);
        return Task.CompletedTask;
    }
}
