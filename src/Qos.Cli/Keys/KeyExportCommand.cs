using System.CommandLine;
using Qos.Client;
using Qos.Keys;

namespace Qos.Cli;

/// <summary><c>qos key export</c></summary>
internal sealed class KeyExportCommand : QosCommand
{
    private readonly SecretOptions _secret = new(new Argument<string>("SECRET") { Description = "Your secret key file." });
    private readonly Option<string> _out = StandardOptions.Output("The seed as plain hex, for its owner alone; every implementation reads it.");

    public KeyExportCommand()
        : base("export", "Take a key out from under its passphrase, into a plain file.", "qos key export alice.secret --out alice.plain.secret") =>
        Take(_secret.Secret, _out, _secret.PassphraseDescriptorNumber);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_out)!;
        OutputFile.RequireFree(path);
        if (Tokens.TokenUri.IsTokenUri(parsed.GetValue((Argument<string>)_secret.Secret)))
            throw new CeremonyException("A key in a token cannot be exported: the token never gives it out.");
        using IKeyPair key = _secret.Open(parsed, terminal);
        KeySource.WriteNew(path, (KeySet)key, passphrase: null);
        terminal.Page.Wrote(path, "the secret, for its owner alone");
        return Task.CompletedTask;
    }
}
