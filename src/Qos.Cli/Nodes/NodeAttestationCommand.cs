using System.CommandLine;
using Qos.Client;

namespace Qos.Cli;

/// <summary><c>qos node attestation</c></summary>
internal sealed class NodeAttestationCommand : QosCommand
{
    private readonly HostOption _host = new();
    private readonly Option<string> _out = StandardOptions.Output("The document, COSE_Sign1.");
    private readonly Option<bool> _force = StandardOptions.Force();

    public NodeAttestationCommand()
        : base(
            "attestation",
            "Fetch an attestation document of the key that a node uses now.",
            "qos node attestation --host http://127.0.0.1:3001 --out attestation.setup") =>
        Take(_host, _out, _force);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_out)!;
        OutputFile.RequireFree(path, parsed.GetValue(_force));
        using NodeClient node = _host.Open(parsed);
        (ReadOnlyMemory<byte> document, _) = await node.AttestationAsync(cancellationToken);
        OutputFile.Write(path, document.Span, parsed.GetValue(_force));
        terminal.Page.Wrote(path, "the attestation document; verify it before you believe it");
    }
}
