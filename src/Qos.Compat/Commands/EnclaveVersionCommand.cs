using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary><c>qos_client enclave-version</c></summary>
internal sealed class EnclaveVersionCommand : ClientCommand
{
    private readonly NodeOptions _node = new();

    public EnclaveVersionCommand()
        : base("enclave-version", "Ask the enclave which software it says it runs.") =>
        Take(_node.All);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        using NodeClient node = _node.Open(parsed);
        (string version, string commit) = await node.VersionAsync(cancellationToken);
        screen.Output.WriteLine($"QOS version: {VisibleText.Escape(version)}");
        screen.Output.WriteLine($"Git commit:  {VisibleText.Escape(commit)}");
    }
}
