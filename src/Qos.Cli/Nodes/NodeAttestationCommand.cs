using System.CommandLine;
using Qos.Client;

namespace Qos.Cli;

/// <summary><c>qos node attestation</c></summary>
internal sealed class NodeAttestationCommand : OutputFileCommand
{
    private readonly HostOption _host = new();

    public NodeAttestationCommand()
        : base(
            "attestation",
            "Fetch an attestation document of the key that a node uses now.",
            "The document, COSE_Sign1.",
            "qos node attestation --host http://127.0.0.1:3001 --out attestation.setup") =>
        Take(_host.Option);

    /// <inheritdoc/>
    protected override async Task<(byte[] Bytes, string What)> MakeAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        using NodeClient node = _host.Open(parsed);
        (ReadOnlyMemory<byte> document, _) = await node.AttestationAsync(cancellationToken);
        return (document.ToArray(), "the attestation document; verify it before you believe it");
    }
}
