using System.CommandLine;
using System.Text;
using Qos.Client;
using Qos.Keys;

namespace Qos.Cli;

/// <summary><c>qos key sign</c></summary>
internal sealed class KeySignCommand : QosCommand
{
    private readonly SecretOptions _secret = new(new Argument<string>("SECRET") { Description = "Your secret key file, or the pkcs11: URI of your key in a token." });
    private readonly Option<string> _in = StandardOptions.Input("--in", "What to sign.");
    private readonly Option<string?> _out = new("--out") { Description = "Write the signature to this file instead of showing it.", HelpName = "FILE" };

    public KeySignCommand()
        : base("sign", "Sign a file: r || s over its SHA-256, as hex.", "qos key sign alice.secret --in report.pdf --out report.sig") =>
        Take(_secret.Secret, _in, _out, _secret.PassphraseDescriptorNumber, _secret.PinDescriptorNumber);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        byte[] message = InputFile.Bytes(parsed.GetValue(_in)!);
        using IKeyPair key = _secret.Open(parsed, terminal);
        string signature = Convert.ToHexStringLower(key.Sign(message));
        if (parsed.GetValue(_out) is { } path)
        {
            OutputFile.Write(path, Encoding.ASCII.GetBytes(signature));
            terminal.Page.Wrote(path, "the signature");
        }
        else
        {
            terminal.Page.Value(signature);
        }

        return Task.CompletedTask;
    }
}
