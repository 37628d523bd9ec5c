using System.CommandLine;
using Qos.Client;
using Qos.Keys;

namespace Qos.Compat;

/// <summary><c>qos_client p256-asymmetric-encrypt</c></summary>
internal sealed class P256AsymmetricEncryptCommand : ClientCommand
{
    private readonly Option<string> _plaintext = Standard.Required("plaintext-path", "What to encrypt.");
    private readonly Option<string> _ciphertext = Standard.Required("ciphertext-path", "The envelope, which is written.");
    private readonly Option<string> _public = Standard.Required("pub-path", "The receiver's public key file.");

    public P256AsymmetricEncryptCommand()
        : base("p256-asymmetric-encrypt", "Encrypt a file to a public key.") =>
        Take(_plaintext, _ciphertext, _public);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        PublicKey receiver = KeySource.ReadPublic(parsed.GetValue(_public)!);
        using SecretMemory plaintext = SecretFile.Read(parsed.GetValue(_plaintext)!);
        OutputFile.Write(parsed.GetValue(_ciphertext)!, receiver.Encrypt(plaintext.Span, SystemRandomSource.Instance), overwrite: true);
        screen.Wrote("Ciphertext", parsed.GetValue(_ciphertext)!);
        return Task.CompletedTask;
    }
}
