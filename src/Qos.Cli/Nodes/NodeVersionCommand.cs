using System.CommandLine;
using Qos.Client;

namespace Qos.Cli;

/// <summary><c>qos node version</c></summary>
internal sealed class NodeVersionCommand : QosCommand
{
    private readonly HostOption _host = new();
    private readonly Option<bool> _json = StandardOptions.Json();

    public NodeVersionCommand()
        : base("version", "Show which software a node says it runs; only its measurements prove it.", "qos node version --host http://127.0.0.1:3001") =>
        Take(_host.Option, _json);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        using NodeClient node = _host.Open(parsed);
        (string version, string commit) = await node.VersionAsync(cancellationToken);
        if (parsed.GetValue(_json))
        {
            JsonResult.Write(terminal, writer =>
            {
                writer.BeginObject();
                writer.Member("version", version);
                writer.Member("commit", commit);
                writer.EndObject();
            });
            return;
        }

        terminal.Page.Field("version", version);
        terminal.Page.Field("commit", commit);
    }
}
