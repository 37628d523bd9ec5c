using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos node export-key</c></summary>
internal sealed class NodeExportKeyCommand : OutputFileCommand
{
    private readonly HostOption _host = new();
    private readonly SettingOption _envelope = new(ProfileSetting.Envelope, isNeeded: true, description: "The new node's manifest envelope.");
    private readonly Option<string> _document = StandardOptions.Input("--attestation", "The new node's attestation document, from its boot.");

    public NodeExportKeyCommand()
        : base(
            "export-key",
            "Ask a provisioned node for its quorum key, encrypted to a new node that it verifies.",
            "The quorum key, encrypted to the new node.",
            "qos node export-key --host http://10.0.0.1:3001 --envelope manifest_envelope --attestation new.attestation --out forwarded-key") =>
        Take(_host.Option, _envelope, _document);

    /// <inheritdoc/>
    protected override async Task<(byte[] Bytes, string What)> MakeAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        ManifestEnvelope envelope = InputFile.ManifestEnvelope(_envelope.Require(parsed));
        byte[] document = InputFile.Document(parsed.GetValue(_document)!);
        using NodeClient node = _host.Open(parsed);
        return (ForwardedKeyFile.Format(await node.ExportKeyAsync(envelope, document, cancellationToken)), "the quorum key, which that new node alone can open");
    }
}
