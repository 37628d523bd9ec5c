using System.CommandLine;
using Qos.Client;
using Qos.Keys;

namespace Qos.Compat;

/// <summary><c>qos_client dangerous-dev-boot</c></summary>
internal sealed class DangerousDevBootCommand : ClientCommand
{
    private readonly NodeOptions _node = new();
    private readonly Option<string> _binary = Standard.Required("pivot-path", "The binary.");
    private readonly PivotOptions _pivot = new();
    private readonly Option<string?> _override = Standard.Optional("unsafe-eph-path-override", "A secret file whose key takes the place of the document's.");

    public DangerousDevBootCommand()
        : base("dangerous-dev-boot", "NEVER IN PRODUCTION: boot a binary with a quorum key made here.") =>
        Take([.. _node.All, _binary, .. _pivot.All, _pivot.Bridges, _override]);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        // The file is the node's own, which writes it when it boots.
        Func<PublicKey>? setupKey = parsed.GetValue(_override) is { } path ? () => KeySource.ReadPublicOf(path) : null;
        using NodeClient node = _node.Open(parsed);
        await DevelopmentBoot.RunAsync(
            node, parsed.GetValue(_binary)!, _pivot.Read(parsed), setupKey, SystemRandomSource.Instance, cancellationToken);
        screen.Output.WriteLine("Enclave is provisioned!");
    }
}
