using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos node inject-key</c></summary>
internal sealed class NodeInjectKeyCommand : QosCommand
{
    private readonly HostOption _host = new();
    private readonly Option<string> _key = StandardOptions.Input("--key", "The quorum key, from 'node export-key'.");

    private readonly Option<bool> _json = StandardOptions.Json();

    public NodeInjectKeyCommand()
        : base(
            "inject-key",
            "Give a new node the quorum key that was exported for it.",
            "qos node inject-key --host http://10.0.0.2:3001 --key forwarded-key") =>
        Take(_host.Option, _key, _json);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        ProtocolMessage.InjectKeyRequest key = ForwardedKeyFile.Read(parsed.GetValue(_key)!);
        using NodeClient node = _host.Open(parsed);
        await node.InjectKeyAsync(key, cancellationToken);
        if (parsed.GetValue(_json))
            JsonResult.Write(terminal, "{\"provisioned\":true}"u8);
        else
            terminal.Page.Line("The node took the quorum key and is provisioned, by its host's word.");
    }
}
