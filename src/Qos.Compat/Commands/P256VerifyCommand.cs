using System.CommandLine;
using Qos.Client;
using Qos.Keys;

namespace Qos.Compat;

/// <summary><c>qos_client p256-verify</c></summary>
internal sealed class P256VerifyCommand : ClientCommand
{
    private readonly Option<string> _payload = Standard.Required("payload-path", "What was signed.");
    private readonly Option<string> _signature = Standard.Required("signature-path", "The signature in hex.");
    private readonly Option<string> _public = Standard.Required("pub-path", "The signer's public key file.");

    public P256VerifyCommand()
        : base("p256-verify", "Verify a signature over a file.") =>
        Take(_payload, _signature, _public);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        byte[] signature = InputFile.Hexadecimal(parsed.GetValue(_signature)!, PublicKey.SignatureSize, "a signature");
        if (!KeySource.ReadPublic(parsed.GetValue(_public)!).Verify(InputFile.Bytes(parsed.GetValue(_payload)!), signature))
            throw new CeremonyException("Signature not valid");
        screen.Output.WriteLine("Valid signature!");
        return Task.CompletedTask;
    }
}
