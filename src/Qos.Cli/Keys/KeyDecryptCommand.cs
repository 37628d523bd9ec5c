using System.CommandLine;
using Qos.Client;
using Qos.Keys;

namespace Qos.Cli;

/// <summary><c>qos key decrypt</c></summary>
internal sealed class KeyDecryptCommand : QosCommand
{
    private readonly SecretOptions _secret = new(new Argument<string>("SECRET") { Description = "Your secret key file." });
    private readonly Option<string> _in = StandardOptions.Input("--in", "The envelope.");
    private readonly Option<string> _out = StandardOptions.Output("What was in it; for its owner alone, and never over another file.");

    public KeyDecryptCommand()
        : base("decrypt", "Open what was encrypted to your key.", "qos key decrypt bob.secret --in note.envelope --out note.txt") =>
        Take(_secret.Secret, _in, _out, _secret.PassphraseDescriptorNumber);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_out)!;
        OutputFile.RequireFree(path);
        byte[] envelope = InputFile.Bytes(parsed.GetValue(_in)!);
        using KeySet key = _secret.Open(parsed, terminal);
        using SecretMemory plaintext = key.Decrypt(envelope);
        SecretFile.Write(path, plaintext);
        terminal.Page.Wrote(path, $"{plaintext.Length} bytes, decrypted");
        return Task.CompletedTask;
    }
}
