using System.CommandLine;
using System.Text;
using Qos.Client;
using Qos.Keys;

namespace Qos.Compat;

/// <summary><c>qos_client p256-sign</c></summary>
internal sealed class P256SignCommand : ClientCommand
{
    private readonly Option<string> _payload = Standard.Required("payload-path", "What to sign.");
    private readonly Option<string> _signature = Standard.Required("signature-path", "The signature in hex, which is written.");
    private readonly SeedOption _seed = new("The secret file.", "qos key sign");

    public P256SignCommand()
        : base("p256-sign", "Sign a file.") =>
        Take(_payload, _signature, _seed.Option);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        using KeySet key = _seed.Read(parsed);
        string signature = Convert.ToHexStringLower(key.Sign(InputFile.Bytes(parsed.GetValue(_payload)!)));
        OutputFile.Write(parsed.GetValue(_signature)!, Encoding.ASCII.GetBytes(signature), overwrite: true);
        screen.Wrote("p256 signature", parsed.GetValue(_signature)!);
        return Task.CompletedTask;
    }
}
