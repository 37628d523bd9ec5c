using System.CommandLine;
using System.Text;
using Qos.Client;
using Qos.Keys;

namespace Qos.Compat;

/// <summary><c>qos_client generate-file-key</c></summary>
internal sealed class GenerateFileKeyCommand : ClientCommand
{
    private readonly Option<string> _seed = Standard.Required("master-seed-path", "The secret file; never over another.");
    private readonly Option<string> _public = Standard.Required("pub-path", "The public key file.");

    public GenerateFileKeyCommand()
        : base("generate-file-key", "Make a key: a secret file and a public file.") =>
        Take(_seed, _public);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string seed = parsed.GetValue(_seed)!;
        string @public = parsed.GetValue(_public)!;
        OutputFile.RequireFree(seed);
        using KeySet key = KeySet.Generate(SystemRandomSource.Instance);
        KeySource.WriteNew(seed, key, passphrase: null);
        screen.Wrote("Master Seed", seed);
        OutputFile.Write(@public, Encoding.ASCII.GetBytes(key.PublicKey.ToHex()), overwrite: true);
        screen.Wrote("File Key Public", @public);
        return Task.CompletedTask;
    }
}
