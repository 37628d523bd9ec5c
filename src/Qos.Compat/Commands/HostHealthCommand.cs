using System.CommandLine;
using Qos.Client;

namespace Qos.Compat;

/// <summary><c>qos_client host-health</c></summary>
internal sealed class HostHealthCommand : ClientCommand
{
    private readonly NodeOptions _node = new();

    public HostHealthCommand()
        : base("host-health", "Ask the host whether it is well.") =>
        Take(_node.All);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        using NodeClient node = _node.Open(parsed);
        screen.Output.WriteLine(await node.HostHealthAsync(cancellationToken));
    }
}
