using System.CommandLine;
using Qos.Client;
using Qos.Keys;

namespace Qos.Compat;

/// <summary><c>qos_client p256-asymmetric-decrypt</c></summary>
internal sealed class P256AsymmetricDecryptCommand : ClientCommand
{
    private readonly Option<string> _plaintext = Standard.Required("plaintext-path", "What was in it; for its owner alone, never over another file.");
    private readonly Option<string> _ciphertext = Standard.Required("ciphertext-path", "The envelope.");
    private readonly SeedOption _seed = new("The secret file.", "qos key decrypt");
    private readonly Option<bool> _hex = Standard.Flag("output-hex", "Write it as hex.");

    public P256AsymmetricDecryptCommand()
        : base("p256-asymmetric-decrypt", "Open what was encrypted to a key.") =>
        Take(_plaintext, _ciphertext, _seed.Option, _hex);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_plaintext)!;
        OutputFile.RequireFree(path);
        using KeySet key = _seed.Read(parsed);
        using SecretMemory plaintext = key.Decrypt(InputFile.Bytes(parsed.GetValue(_ciphertext)!));
        if (parsed.GetValue(_hex))
            SecretFile.WriteHex(path, plaintext);
        else
            SecretFile.Write(path, plaintext);
        screen.Wrote("Plaintext", path);
        return Task.CompletedTask;
    }
}
