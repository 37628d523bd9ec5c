using System.CommandLine;
using System.Text;
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
            : ReadSignature(given);
        if (!KeySource.ReadPublic(signer).Verify(InputFile.Bytes(parsed.GetValue(_in)!), signature))
            throw new CeremonyException($"The signature is not valid: {parsed.GetValue(_in)} was not signed so by the key in {signer}.");
        terminal.Page.Line("The signature is valid.", Tone.Good);
        return Task.CompletedTask;
    }

    // What openssl and most libraries write: a sequence of two integers.
    private static byte[] ReadSignature(string given)
    {
        // A file is read once, a pipe can be.
        bool isFile = File.Exists(given) || !given.All(char.IsAsciiHexDigit);
        byte[] content = isFile ? InputFile.Bytes(given) : Encoding.ASCII.GetBytes(given);
        byte[] der = content;
        byte[] bytes = new byte[content.AsSpan().Trim("\r\n\t "u8).Length / 2];
        if (Serialization.Hex.TryDecode(content.AsSpan().Trim("\r\n\t "u8), bytes))
            der = bytes;
        if (der is [0x30, _, 0x02, ..] && der.Length is >= 8 and <= 72 && der[1] == der.Length - 2)
        {
            throw new CeremonyException(
                $"The signature is in DER, as openssl writes it, and the protocol's is r || s, {PublicKey.SignatureSize} bytes as hex: take both integers out of it, each with 32 bytes.");
        }

        return isFile
            ? InputFile.Hexadecimal(given, content, PublicKey.SignatureSize, "a signature")
            : throw new UsageException($"--signature has {given.Length} hex digits, and a signature has {2 * PublicKey.SignatureSize}");
    }
}
