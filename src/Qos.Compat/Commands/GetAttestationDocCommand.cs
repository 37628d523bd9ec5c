using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary><c>qos_client get-attestation-doc</c></summary>
internal sealed class GetAttestationDocCommand : ClientCommand
{
    private readonly NodeOptions _node = new();
    private readonly Option<string> _document = Standard.Required("attestation-doc-path", "The document.");
    private readonly Option<string> _envelope = Standard.Required("manifest-envelope-path", "The manifest envelope.");

    public GetAttestationDocCommand()
        : base("get-attestation-doc", "Fetch a node's attestation document and its manifest envelope.") =>
        Take([.. _node.All, _document, _envelope]);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        using NodeClient node = _node.Open(parsed);
        (ReadOnlyMemory<byte> document, ManifestEnvelope? envelope) = await node.AttestationAsync(cancellationToken);
        if (envelope is null)
            throw new CeremonyException("The node has no manifest envelope; it likely waits for its boot.");
        OutputFile.Write(parsed.GetValue(_document)!, document.Span, overwrite: true);
        screen.Wrote("COSE Sign1 Attestation Doc", parsed.GetValue(_document)!);
        OutputFile.Write(parsed.GetValue(_envelope)!, ManifestEnvelopeFormat.WritePlain(envelope), overwrite: true);
        screen.Wrote("Manifest envelope", parsed.GetValue(_envelope)!);
    }
}
