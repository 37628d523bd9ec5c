using System.CommandLine;
using Qos.Client;
using Qos.Keys;

namespace Qos.Cli;

/// <summary><c>qos key decrypt</c></summary>
internal sealed class KeyDecryptCommand : QosCommand
{
    private readonly SecretOptions _secret = new(new Argument<string>("SECRET") { Description = "Your secret key file, or the pkcs11: URI of your key in a token." });
    private readonly Option<string> _in = StandardOptions.Input("--in", "The envelope.");
    private readonly Option<string> _out = StandardOptions.Output("What was in it; for its owner alone, and never over another file.");
    private readonly Option<bool> _hex = new("--hex") { Description = "Write it as hex: a wrapped seed becomes a secret key file." };

    public KeyDecryptCommand()
        : base(
            "decrypt",
            "Open what was encrypted to your key.",
            "qos key decrypt bob.secret --in note.envelope --out note.txt",
            "qos key decrypt recovery.secret --in genesis/dr_wrapped_quorum_key --hex --out recovered.secret") =>
        Take(_secret.Secret, _in, _out, _hex, _secret.PassphraseDescriptorNumber, _secret.PinDescriptorNumber);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_out)!;
        OutputFile.RequireFree(path);
        byte[] envelope = InputFile.Bytes(parsed.GetValue(_in)!);
        using IKeyPair key = _secret.Open(parsed, terminal);
        using SecretMemory plaintext = key.Decrypt(envelope);
        if (parsed.GetValue(_hex))
            SecretFile.WriteHex(path, plaintext);
        else
            SecretFile.Write(path, plaintext);
        terminal.Page.Wrote(path, $"{plaintext.Length} bytes, decrypted");
        return Task.CompletedTask;
    }
}
