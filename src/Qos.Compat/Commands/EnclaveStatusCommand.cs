using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary><c>qos_client enclave-status</c></summary>
internal sealed class EnclaveStatusCommand : ClientCommand
{
    private readonly NodeOptions _node = new();

    public EnclaveStatusCommand()
        : base("enclave-status", "Ask the enclave for its phase.") =>
        Take(_node.All);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        using NodeClient node = _node.Open(parsed);
        ProtocolMessage.StatusResponse status = await node.AskAsync<ProtocolMessage.StatusResponse>(new ProtocolMessage.StatusRequest(), cancellationToken);
        screen.Output.WriteLine($"Enclave phase: {status.Phase}");
    }
}
