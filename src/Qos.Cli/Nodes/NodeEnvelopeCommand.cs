using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos node envelope</c></summary>
internal sealed class NodeEnvelopeCommand : OutputFileCommand
{
    private readonly HostOption _host = new();

    public NodeEnvelopeCommand()
        : base(
            "envelope",
            "Fetch the manifest envelope that a node was booted with.",
            "The manifest envelope.",
            "qos node envelope --host http://127.0.0.1:3001 --out manifest_envelope") =>
        Take(_host.Option);

    /// <inheritdoc/>
    protected override async Task<(byte[] Bytes, string What)> MakeAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        using NodeClient node = _host.Open(parsed);
        ManifestEnvelope envelope = await node.EnvelopeAsync(cancellationToken)
            ?? throw new CeremonyException($"The node at {node.Base} has no manifest envelope: it was not booted yet.");
        return (ManifestEnvelopeFormat.Write(envelope), $"the envelope of {VisibleText.Escape(envelope.Manifest.Namespace.Name)}, nonce {envelope.Manifest.Namespace.Nonce}");
    }
}
