using System.CommandLine;
using System.Security.Cryptography;
using Qos.Client;
using Qos.Keys;

namespace Qos.Cli;

/// <summary><c>qos key encrypt</c></summary>
internal sealed class KeyEncryptCommand : QosCommand
{
    private readonly Argument<string> _public = new("PUB") { Description = "The receiver's public key file." };
    private readonly Option<string> _in = StandardOptions.Input("--in", "What to encrypt.");
    private readonly Option<string> _out = StandardOptions.Output("The envelope.");
    private readonly Option<bool> _force = StandardOptions.Force();

    public KeyEncryptCommand()
        : base("encrypt", "Encrypt a file to a key, whose owner alone can open it.", "qos key encrypt bob.pub --in note.txt --out note.envelope") =>
        Take(_public, _in, _out, _force);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        PublicKey receiver = KeySource.ReadPublic(parsed.GetValue(_public)!);
        string path = parsed.GetValue(_out)!;
        OutputFile.RequireFree(path, parsed.GetValue(_force));
        byte[] plaintext = InputFile.Bytes(parsed.GetValue(_in)!);
        try
        {
            OutputFile.Write(path, receiver.Encrypt(plaintext, SystemRandomSource.Instance), parsed.GetValue(_force));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }

        terminal.Page.Wrote(path, $"{plaintext.Length} bytes, encrypted");
        return Task.CompletedTask;
    }
}
