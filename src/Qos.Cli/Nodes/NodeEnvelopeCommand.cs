using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos node envelope</c></summary>
internal sealed class NodeEnvelopeCommand : QosCommand
{
    private readonly HostOption _host = new();
    private readonly Option<string> _out = StandardOptions.Output("The manifest envelope.");
    private readonly Option<bool> _force = StandardOptions.Force();

    public NodeEnvelopeCommand()
        : base("envelope", "Fetch the manifest envelope that a node was booted with.", "qos node envelope --host http://127.0.0.1:3001 --out manifest_envelope") =>
        Take(_host, _out, _force);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_out)!;
        OutputFile.RequireFree(path, parsed.GetValue(_force));
        using NodeClient node = _host.Open(parsed);
        ManifestEnvelope envelope = await node.EnvelopeAsync(cancellationToken)
            ?? throw new CeremonyException($"The node at {node.Base} has no manifest envelope: it was not booted yet.");
        OutputFile.Write(path, ManifestEnvelopeFormat.Write(envelope), parsed.GetValue(_force));
        terminal.Page.Wrote(path, $"the envelope of {VisibleText.Escape(envelope.Manifest.Namespace.Name)}, nonce {envelope.Manifest.Namespace.Nonce}");
    }
}
