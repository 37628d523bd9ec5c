using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos node export-key</c></summary>
internal sealed class NodeExportKeyCommand : QosCommand
{
    private readonly HostOption _host = new();
    private readonly Option<string> _envelope = StandardOptions.Input("--envelope", "The new node's manifest envelope.");
    private readonly Option<string> _document = StandardOptions.Input("--attestation", "The new node's attestation document, from its boot.");
    private readonly Option<string> _out = StandardOptions.Output("The quorum key, encrypted to the new node.");
    private readonly Option<bool> _force = StandardOptions.Force();

    public NodeExportKeyCommand()
        : base(
            "export-key",
            "Ask a provisioned node for its quorum key, encrypted to a new node that it verifies.",
            "qos node export-key --host http://10.0.0.1:3001 --envelope manifest_envelope --attestation new.attestation --out forwarded-key") =>
        Take(_host, _envelope, _document, _out, _force);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_out)!;
        OutputFile.RequireFree(path, parsed.GetValue(_force));
        ManifestEnvelope envelope = InputFile.ManifestEnvelope(parsed.GetValue(_envelope)!);
        byte[] document = InputFile.Bytes(parsed.GetValue(_document)!);
        using NodeClient node = _host.Open(parsed);
        ProtocolMessage.ExportKeyResponse key = await node.ExportKeyAsync(envelope, document, cancellationToken);
        OutputFile.Write(path, ForwardedKeyFile.Format(key), parsed.GetValue(_force));
        terminal.Page.Wrote(path, "the quorum key, which that new node alone can open");
    }
}
