using System.CommandLine;
using Qos.Client;
using Qos.Keys;

namespace Qos.Cli;

/// <summary><c>qos key show</c></summary>
internal sealed class KeyShowCommand : QosCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "A public or a secret key file, or the pkcs11: URI of a key in a token; nothing secret is shown." };
    private readonly Option<bool> _json = StandardOptions.Json();

    public KeyShowCommand()
        : base("show", "Show a public key, its two points and its fingerprint.", "qos key show alice.pub") =>
        Take(_file, _json);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        PublicKey key = KeySource.ReadPublicOf(parsed.GetValue(_file)!);
        if (parsed.GetValue(_json))
        {
            JsonResult.Write(terminal, writer =>
            {
                writer.BeginObject();
                writer.Member("publicKey", key.Bytes);
                writer.Member("encryptionPoint", key.EncryptionPoint);
                writer.Member("signingPoint", key.SigningPoint);
                writer.Member("fingerprint", KeySource.Fingerprint(key));
                writer.EndObject();
            });
            return Task.CompletedTask;
        }

        terminal.Page.Field("public key", key.ToHex());
        terminal.Page.Field("encryption", Convert.ToHexStringLower(key.EncryptionPoint));
        terminal.Page.Field("signing", Convert.ToHexStringLower(key.SigningPoint));
        terminal.Page.Field("fingerprint", KeySource.Fingerprint(key));
        return Task.CompletedTask;
    }
}
