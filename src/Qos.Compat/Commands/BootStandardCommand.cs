using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary><c>qos_client boot-standard</c></summary>
internal sealed class BootStandardCommand : ClientCommand
{
    private readonly NodeOptions _node = new();
    private readonly Option<string> _pivot = Standard.Required("pivot-path", "The binary.");
    private readonly Option<string> _envelope = Standard.Required("manifest-envelope-path", "The manifest envelope.");
    private readonly Option<string> _pcr3 = Standard.Required("pcr3-preimage-path", "File with the ARN of the parent instance's role.");
    private readonly TrustOptions _trust = new();

    public BootStandardCommand()
        : base("boot-standard", "Send a node its approved manifest and the binary, and verify its document.") =>
        Take([.. _node.All, _pivot, _envelope, _pcr3, .. _trust.All]);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        ManifestEnvelope envelope = InputFile.ManifestEnvelope(parsed.GetValue(_envelope)!);
        AttestationPolicy policy = _trust.Policy(parsed, () => Role.Pcr3(parsed.GetValue(_pcr3)!), screen);
        using NodeClient node = _node.Open(parsed);
        ReadOnlyMemory<byte> document = await node.BootAsync(envelope, parsed.GetValue(_pivot)!, cancellationToken: cancellationToken);
        policy.VerifySetup(document, envelope.Manifest);
    }
}
