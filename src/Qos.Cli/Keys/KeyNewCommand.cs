using System.CommandLine;
using System.Security.Cryptography;
using Qos.Client;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos key new</c></summary>
internal sealed class KeyNewCommand : QosCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "Whose key it is; the files are called after it." };

    private readonly Option<string?> _folder = new("--dir") { Description = "The folder of the files. Default: this one.", HelpName = "DIR" };

    private readonly Option<bool> _protect = new("--protect") { Description = "Keep the secret under a passphrase, which is asked for twice." };

    private readonly Option<int?> _passphraseDescriptor =
        StandardOptions.Descriptor("Keep the secret under the passphrase that this open file descriptor gives.");

    public KeyNewCommand()
        : base(
            "new",
            "Make a key: NAME.secret, for its owner alone, and NAME.pub, for everybody.",
            "qos key new alice --dir keys --protect",
            "qos key new alice --passphrase-fd 3 3</run/alice-passphrase") =>
        Take(_name, _folder, _protect, _passphraseDescriptor);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string name = parsed.GetValue(_name)!;
        if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal) || VisibleText.NeedsEscape(name))
            throw new UsageException($"'{VisibleText.Escape(name)}' is no name for a key file: no slash, no control characters");
        string path = Path.Combine(parsed.GetValue(_folder) ?? "", name);
        string secret = path + ".secret";
        string @public = path + ".pub";
        OutputFile.RequireFree(secret);
        OutputFile.RequireFree(@public);

        using SecretMemory? passphrase = Passphrase(parsed, terminal);
        using KeySet key = KeySet.Generate(SystemRandomSource.Instance);
        KeyFile.WriteNew(secret, key, passphrase);
        KeyFile.WritePublic(@public, key.PublicKey);
        terminal.Page.Wrote(secret, passphrase is null ? "the secret, for its owner alone" : "the secret, under its passphrase");
        terminal.Page.Wrote(@public, $"the public key, fingerprint {KeyFile.Fingerprint(key.PublicKey)}");
        return Task.CompletedTask;
    }

    private SecretMemory? Passphrase(ParseResult parsed, Terminal terminal)
    {
        if (parsed.GetValue(_passphraseDescriptor) is { } descriptor)
            return PassphraseDescriptor.Read(descriptor);
        if (!parsed.GetValue(_protect))
            return null;

        SecretMemory first = terminal.AskPassphrase("New passphrase");
        try
        {
            if (first.Length == 0)
                throw new CeremonyException("An empty passphrase protects nothing: choose another.");
            using SecretMemory second = terminal.AskPassphrase("Once more");
            return CryptographicOperations.FixedTimeEquals(first.Span, second.Span)
                ? first
                : throw new CeremonyException("The two passphrases are not the same; nothing was written.");
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }
}
