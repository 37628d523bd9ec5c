using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos node status</c></summary>
internal sealed class NodeStatusCommand : QosCommand
{
    private readonly HostOption _host = new();
    private readonly Option<bool> _json = StandardOptions.Json();

    public NodeStatusCommand()
        : base("status", "Show a node's phase, whose shares are missing, and how its app does.", "qos node status --host http://127.0.0.1:3001") =>
        Take(_host, _json);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        using NodeClient node = _host.Open(parsed);
        NodeStatus status = await node.StatusAsync(cancellationToken);
        if (parsed.GetValue(_json))
            NodeStatusResult.WriteJson(terminal, status);
        else
            NodeStatusResult.Show(terminal.Page, status);
    }
}
