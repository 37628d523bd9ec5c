using System.CommandLine;
using Qos.Client;

namespace Qos.Compat;

/// <summary><c>qos_client inject-key</c></summary>
internal sealed class InjectKeyCommand : ClientCommand
{
    private readonly NodeOptions _node = new();
    private readonly Option<string> _key = Standard.Required("encrypted-quorum-key-path", "The encrypted quorum key.");

    public InjectKeyCommand()
        : base("inject-key", "Give a node the quorum key that was exported for it.") =>
        Take([.. _node.All, _key]);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        using NodeClient node = _node.Open(parsed);
        await node.InjectKeyAsync(ForwardedKeyFile.Read(parsed.GetValue(_key)!), cancellationToken);
        screen.Output.WriteLine("Successful key injection!");
    }
}
