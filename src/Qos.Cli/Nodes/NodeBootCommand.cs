using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos node boot</c></summary>
internal sealed class NodeBootCommand : QosCommand
{
    private readonly HostOption _host = new();
    private readonly Option<string> _envelope = StandardOptions.Input("--envelope", "The manifest envelope.");
    private readonly Option<string> _pivot = StandardOptions.Input("--pivot", "The binary that the manifest names.");
    private readonly Option<string?> _out = new("--attestation-out") { Description = "Keep the attestation document that comes back.", HelpName = "FILE" };
    private readonly Option<bool> _keyForward = new("--key-forward") { Description = "Let the node wait for another node's key, not for shares." };
    private readonly Option<bool> _force = StandardOptions.Force();

    public NodeBootCommand()
        : base(
            "boot",
            "Send a node its approved manifest and the binary.",
            "qos node boot --host http://127.0.0.1:3001 --envelope manifest_envelope --pivot signer --attestation-out attestation.setup") =>
        Take(_host, _envelope, _pivot, _out, _keyForward, _force);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string? path = parsed.GetValue(_out);
        if (path is not null)
            OutputFile.RequireFree(path, parsed.GetValue(_force));
        ManifestEnvelope envelope = InputFile.ManifestEnvelope(parsed.GetValue(_envelope)!);
        using NodeClient node = _host.Open(parsed);
        ReadOnlyMemory<byte> document = await terminal.WithProgressAsync(
            "sending the binary",
            progress => node.BootAsync(envelope, parsed.GetValue(_pivot)!, parsed.GetValue(_keyForward), progress, cancellationToken));
        terminal.Page.Line(
            parsed.GetValue(_keyForward) ? "Booted; the node waits for another node's key." : "Booted; the node waits for shares of the quorum key.",
            Tone.Good);
        if (path is not null)
        {
            OutputFile.Write(path, document.Span, parsed.GetValue(_force));
            terminal.Page.Wrote(path, "its attestation document, which nobody has verified yet");
        }
    }
}
