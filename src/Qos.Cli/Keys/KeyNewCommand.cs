using System.CommandLine;
using Qos.Client;
using Qos.Keys;
using Qos.Protocol;
using Qos.Tokens;

namespace Qos.Cli;

/// <summary><c>qos key new</c></summary>
internal sealed class KeyNewCommand : QosCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "Whose key it is; the files are called after it." };

    private readonly Option<string?> _folder = new("--dir") { Description = "The folder of the files. Default: this one.", HelpName = "DIR" };

    private readonly Option<bool> _protect = new("--protect") { Description = "Keep the secret under a passphrase, which is asked for twice." };

    private readonly Option<int?> _passphraseDescriptor =
        StandardOptions.Descriptor("Keep the secret under the passphrase that this open file descriptor gives.");

    private readonly Option<string?> _token = new("--token")
    {
        Description = "Have the token with this pkcs11: URI make the key, whose secret never leaves it; NAME is its label unless the URI has object=NAME.",
        HelpName = "URI",
    };

    private readonly Option<int?> _pinDescriptor = StandardOptions.PinDescriptor();

    public KeyNewCommand()
        : base(
            "new",
            "Make a key: NAME.secret, for its owner alone, and NAME.pub, for everybody.",
            "qos key new alice --dir keys --protect",
            "qos key new alice --passphrase-fd 3 3</run/alice-passphrase",
            "qos key new alice --token \"pkcs11:token=ops?module-path=/usr/lib/softhsm/libsofthsm2.so\"") =>
        Take(_name, _folder, _protect, _passphraseDescriptor, _token, _pinDescriptor);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string name = parsed.GetValue(_name)!;
        if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal) || VisibleText.NeedsEscape(name))
            throw new UsageException($"'{VisibleText.Escape(name)}' is no name for a key file: no slash, no control characters");
        string path = Path.Combine(parsed.GetValue(_folder) ?? "", name);
        string secret = path + ".secret";
        string @public = path + ".pub";
        OutputFile.RequireFree(@public);
        if (parsed.GetValue(_token) is { } token)
        {
            if (parsed.GetValue(_protect) || parsed.GetValue(_passphraseDescriptor) is not null)
                throw new UsageException("--token keeps the secret under the token's PIN, so there is no passphrase: leave --protect and --passphrase-fd away");
            MakeOnToken(parsed, terminal, TokenUri.Parse(token).WithKeyLabel(name), @public);
            return Task.CompletedTask;
        }

        if (File.Exists(secret))
        {
            Finish(terminal, secret, @public, parsed.GetValue(_protect) || parsed.GetValue(_passphraseDescriptor) is not null);
            return Task.CompletedTask;
        }

        OutputFile.RequireFree(secret);
        using SecretMemory? passphrase = Passphrase(parsed, terminal);
        using KeySet key = KeySet.Generate(SystemRandomSource.Instance);
        KeySource.WriteNew(secret, key, passphrase);
        KeySource.WritePublic(@public, key.PublicKey);
        terminal.Page.Wrote(secret, passphrase is null ? "the secret, for its owner alone" : "the secret, under its passphrase");
        terminal.Page.Wrote(@public, $"the public key, fingerprint {KeySource.Fingerprint(key.PublicKey)}");
        return Task.CompletedTask;
    }

    // A run that was killed between its two files left the secret alone.
    private static void Finish(Terminal terminal, string secret, string @public, bool wantsPassphrase)
    {
        PublicKey key = KeySource.ReadPublicOf(secret);
        if (wantsPassphrase && !ProtectedKeyFile.IsProtected(secret))
            throw new CeremonyException($"{secret} exists already and is under no passphrase: 'qos key protect' puts it under one, or move it away.");
        KeySource.WritePublic(@public, key);
        terminal.Page.Line($"{VisibleText.Escape(secret)} was there, without its public key, and stays as it is.");
        terminal.Page.Wrote(@public, $"the public key, fingerprint {KeySource.Fingerprint(key)}");
    }

    private void MakeOnToken(ParseResult parsed, Terminal terminal, TokenUri uri, string @public)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(@public))!);
        PublicKey key = TokenKeyMaker.Generate(uri, TokenPin.Asker(parsed, _pinDescriptor, terminal), SystemRandomSource.Instance);
        terminal.Page.Line("The key is in the token.", Tone.Good);
        KeySource.WritePublic(@public, key);
        terminal.Page.Wrote(@public, $"the public key, fingerprint {KeySource.Fingerprint(key)}");
    }

    private SecretMemory? Passphrase(ParseResult parsed, Terminal terminal) =>
        parsed.GetValue(_protect) || parsed.GetValue(_passphraseDescriptor) is not null
            ? NewPassphrase.Get(parsed.GetValue(_passphraseDescriptor), terminal)
            : null;
}
