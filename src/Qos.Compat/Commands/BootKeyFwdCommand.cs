using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary><c>qos_client boot-key-fwd</c></summary>
internal sealed class BootKeyFwdCommand : ClientCommand
{
    private readonly NodeOptions _node = new();
    private readonly Option<string> _envelope = Standard.Required("manifest-envelope-path", "The manifest envelope.");
    private readonly Option<string> _pivot = Standard.Required("pivot-path", "The binary.");
    private readonly Option<string> _document = Standard.Required("attestation-doc-path", "The node's attestation document, which is written.");

    public BootKeyFwdCommand()
        : base("boot-key-fwd", "Boot a node that then waits for another node's quorum key.") =>
        Take([.. _node.All, _envelope, _pivot, _document]);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        ManifestEnvelope envelope = InputFile.ManifestEnvelope(parsed.GetValue(_envelope)!);
        using NodeClient node = _node.Open(parsed);
        ReadOnlyMemory<byte> document = await node.BootAsync(envelope, parsed.GetValue(_pivot)!, keyForward: true, cancellationToken: cancellationToken);
        OutputFile.Write(parsed.GetValue(_document)!, document.Span, overwrite: true);
        screen.Wrote("COSE Sign1 Attestation Doc", parsed.GetValue(_document)!);
    }
}
