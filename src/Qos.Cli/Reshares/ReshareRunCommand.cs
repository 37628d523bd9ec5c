using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos reshare run</c> and <c>qos drill run</c></summary>
internal sealed class ReshareRunCommand : QosCommand
{
    private readonly bool _isDrill;
    private readonly HostOption _host = new();
    private readonly Option<string> _request = ReshareRequestFile.Option();
    private readonly Option<string> _approvals = new("--approvals") { Description = "The folder of the approvals.", HelpName = "DIR", Required = true };
    private readonly TrustOptions _trust = new(requiresMeasurements: true);

    public ReshareRunCommand(bool isDrill)
        : base(
            "run",
            "Have a fresh node take the approved request, and verify that it did. The node does nothing else any more.",
            $"qos {(isDrill ? "drill" : "reshare")} run --host http://127.0.0.1:3001 --request request --approvals approvals --pcrs aws-x86_64.pcrs")
    {
        _isDrill = isDrill;
        Take(_host.Option, _request, _approvals);
        Take(_trust.All);
    }

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        ReshareRequest request = ReshareRequestFile.Read(parsed.GetValue(_request)!, _isDrill);
        ReshareEnvelope envelope = ReshareApproval.Assemble(request, parsed.GetValue(_approvals)!);
        AttestationPolicy policy = _trust.Policy(parsed);
        using NodeClient node = _host.Open(parsed);
        ReshareState state = await ReshareCeremony.RunAsync(node, envelope, policy, cancellationToken);
        terminal.Page.Line("The node took the request; its document verifies and is about it.", Tone.Good);
        ResharePage.Show(terminal.Page, request);
        ResharePage.Show(terminal.Page, state);
    }
}
