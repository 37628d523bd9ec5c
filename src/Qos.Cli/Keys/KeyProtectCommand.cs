using System.CommandLine;
using Qos.Client;
using Qos.Keys;

namespace Qos.Cli;

/// <summary><c>qos key protect</c></summary>
internal sealed class KeyProtectCommand : QosCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "A plain secret key file, which stays: take it away yourself." };
    private readonly Option<string> _out = StandardOptions.Output("The same key under a passphrase, which is asked for twice.");

    private readonly Option<int?> _passphraseDescriptor =
        StandardOptions.Descriptor("Read the passphrase to keep it under from this open file descriptor.");

    public KeyProtectCommand()
        : base("protect", "Put a key that is in a plain file under a passphrase.", "qos key protect alice.secret --out alice.protected.secret") =>
        Take(_file, _out, _passphraseDescriptor);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string file = parsed.GetValue(_file)!;
        string path = parsed.GetValue(_out)!;
        OutputFile.RequireFree(path);
        using KeySet key = KeySource.ReadSecret(
            file, () => throw new CeremonyException($"{file} is under a passphrase already; for another one, 'qos key export' it first."));
        using SecretMemory passphrase = NewPassphrase.Get(parsed.GetValue(_passphraseDescriptor), terminal);
        KeySource.WriteNew(path, key, passphrase);
        terminal.Page.Wrote(path, "the secret, under its passphrase");
        return Task.CompletedTask;
    }
}
