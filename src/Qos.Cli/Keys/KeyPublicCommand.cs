using System.CommandLine;
using Qos.Client;
using Qos.Keys;

namespace Qos.Cli;

/// <summary><c>qos key public</c></summary>
internal sealed class KeyPublicCommand : QosCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "A secret key file, or the pkcs11: URI of a key in a token." };
    private readonly Option<string?> _out = new("--out") { Description = "Write it to this file instead of showing it.", HelpName = "FILE" };

    public KeyPublicCommand()
        : base("public", "Give the public key of a secret one, as hex.", "qos key public alice.secret --out alice.pub") =>
        Take(_file, _out);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        PublicKey key = KeySource.ReadPublicOf(parsed.GetValue(_file)!);
        if (parsed.GetValue(_out) is { } path)
        {
            KeySource.WritePublic(path, key);
            terminal.Page.Wrote(path, "the public key");
        }
        else
        {
            terminal.Page.Value(key.ToHex());
        }

        return Task.CompletedTask;
    }
}
