using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos node boot</c></summary>
internal sealed class NodeBootCommand : QosCommand
{
    private readonly HostOption _host = new();
    private readonly SettingOption _envelope = new(ProfileSetting.Envelope, isNeeded: true, description: "The manifest envelope.");
    private readonly SettingOption _pivot = new(ProfileSetting.Pivot, isNeeded: true, description: "The binary that the manifest names.");
    private readonly Option<string?> _out = new("--attestation-out") { Description = "Keep the attestation document that comes back.", HelpName = "FILE" };
    private readonly Option<bool> _keyForward = new("--key-forward") { Description = "Let the node wait for another node's key, not for shares." };
    private readonly Option<bool> _force = StandardOptions.Force();
    private readonly Option<bool> _json = StandardOptions.Json();

    public NodeBootCommand()
        : base(
            "boot",
            "Send a node its approved manifest and the binary.",
            "qos node boot --host http://127.0.0.1:3001 --envelope manifest_envelope --pivot signer --attestation-out attestation.setup") =>
        Take(_host.Option, _envelope, _pivot, _out, _keyForward, _force, _json);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string? path = parsed.GetValue(_out);
        if (path is not null)
            OutputFile.RequireFree(path, parsed.GetValue(_force));
        ManifestEnvelope envelope = InputFile.ManifestEnvelope(_envelope.Require(parsed));
        using NodeClient node = _host.Open(parsed);
        ReadOnlyMemory<byte> document;
        try
        {
            document = await terminal.WithProgressAsync(
                "sending the binary",
                progress => node.BootAsync(envelope, _pivot.Require(parsed), parsed.GetValue(_keyForward), progress, cancellationToken));
        }
        catch (ProtocolException e) when (ManifestApproval.DescribeMissing(envelope, e) is { Length: > 0 } missing)
        {
            throw new CeremonyException($"refused by the node: {e.Error}{missing}. Fewer members approved the manifest than its threshold asks for; collect more approvals.", e);
        }

        if (path is not null)
            OutputFile.Write(path, document.Span, parsed.GetValue(_force));
        if (parsed.GetValue(_json))
        {
            JsonResult.Write(terminal, writer =>
            {
                writer.BeginObject();
                writer.Member("waitsFor", parsed.GetValue(_keyForward) ? "key" : "shares");
                writer.Member("attestation", path);
                writer.EndObject();
            });
            return;
        }

        terminal.Page.Line(
            parsed.GetValue(_keyForward) ? "Booted; the node waits for another node's key." : "Booted; the node waits for shares of the quorum key.",
            Tone.Good);
        if (path is not null)
            terminal.Page.Wrote(path, "its attestation document, which nobody has verified yet");
    }
}
