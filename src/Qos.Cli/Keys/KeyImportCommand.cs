using System.CommandLine;
using Qos.Client;
using Qos.Keys;
using Qos.Tokens;

namespace Qos.Cli;

/// <summary><c>qos key import</c></summary>
internal sealed class KeyImportCommand : QosCommand
{
    private readonly SecretOptions _secret = new(new Argument<string>("SECRET") { Description = "Your secret key file, which stays." });

    private readonly Option<string> _token = new("--token")
    {
        Description = "The pkcs11: URI of the token; the key gets the file's name unless the URI has object=NAME.",
        HelpName = "URI",
        Required = true,
    };

    public KeyImportCommand()
        : base(
            "import",
            "Bring a key from a file to a token, which uses it from then on and never gives it out.",
            "qos key import alice.secret --token \"pkcs11:token=ops?module-path=/usr/lib/softhsm/libsofthsm2.so\"") =>
        Take(_secret.Secret, _token, _secret.PassphraseDescriptorNumber, _secret.PinDescriptorNumber);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue((Argument<string>)_secret.Secret)!;
        TokenUri uri = TokenUri.Parse(parsed.GetValue(_token)!).WithKeyLabel(Path.GetFileNameWithoutExtension(path));
        if (TokenUri.IsTokenUri(path))
            throw new UsageException("the key is in a token already, which does not give it out");
        using IKeyPair key = _secret.Open(parsed, terminal);
        var seed = (KeySet)key;
        PublicKey there = TokenKeyMaker.Import(
            uri, seed, TokenPin.Asker(parsed, _secret.PinDescriptorNumber, terminal), SystemRandomSource.Instance);
        terminal.Page.Line("The key is in the token.", Tone.Good);
        terminal.Page.Field("fingerprint", KeySource.Fingerprint(there));
        return Task.CompletedTask;
    }
}
