using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary><c>qos_client export-key</c></summary>
internal sealed class ExportKeyCommand : ClientCommand
{
    private readonly NodeOptions _node = new();
    private readonly Option<string> _envelope = Standard.Required("manifest-envelope-path", "The other node's manifest envelope.");
    private readonly Option<string> _document = Standard.Required("attestation-doc-path", "The other node's attestation document.");
    private readonly Option<string> _out = Standard.Required("encrypted-quorum-key-path", "The encrypted quorum key.");

    public ExportKeyCommand()
        : base("export-key", "Ask a provisioned node for its quorum key, encrypted to another node.") =>
        Take([.. _node.All, _envelope, _document, _out]);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        ManifestEnvelope envelope = InputFile.ManifestEnvelope(parsed.GetValue(_envelope)!);
        byte[] document = InputFile.Bytes(parsed.GetValue(_document)!);
        using NodeClient node = _node.Open(parsed);
        ProtocolMessage.ExportKeyResponse key = await node.ExportKeyAsync(envelope, document, cancellationToken);
        OutputFile.Write(parsed.GetValue(_out)!, ForwardedKeyFile.Format(key), overwrite: true);
        screen.Wrote("Encrypted Quorum Key", parsed.GetValue(_out)!);
    }
}
