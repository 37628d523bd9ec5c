using System.CommandLine;
using System.Text;
using Qos.Client;
using Qos.Keys;

namespace Qos.Compat;

/// <summary><c>qos_client get-ephemeral-key-hex</c></summary>
internal sealed class GetEphemeralKeyHexCommand : ClientCommand
{
    private readonly Option<string> _document = Standard.Required("attestation-doc-path", "The document.");
    private readonly Option<string> _out = Standard.Required("ephemeral-key-path", "The public key file.");

    public GetEphemeralKeyHexCommand()
        : base("get-ephemeral-key-hex", "Take the key out of an attestation document, which is not verified.") =>
        Take(_document, _out);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        AttestationPolicy policy = AttestationPolicy.UnsafeSkip;
        PublicKey key = policy.Verify(InputFile.Bytes(parsed.GetValue(_document)!)).PublicKey is { } bytes
            ? PublicKey.Parse(bytes.Span)
            : throw new CeremonyException("The attestation document holds no key.");
        OutputFile.Write(parsed.GetValue(_out)!, Encoding.ASCII.GetBytes(key.ToHex()), overwrite: true);
        return Task.CompletedTask;
    }
}
