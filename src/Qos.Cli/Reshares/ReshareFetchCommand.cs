using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos reshare fetch</c> and <c>qos drill fetch</c></summary>
internal sealed class ReshareFetchCommand : QosCommand
{
    private readonly bool _isDrill;
    private readonly HostOption _host = new();
    private readonly Option<string> _request = ReshareRequestFile.Option();
    private readonly Option<string> _out = new("--out") { Description = "The folder that the result is written to.", HelpName = "DIR", Required = true };
    private readonly TrustOptions _trust = new(requiresMeasurements: true);

    public ReshareFetchCommand(bool isDrill)
        : base(
            "fetch",
            isDrill
                ? "Fetch the proof of a drill from its node and verify it. The node gives it as often as it is asked."
                : "Fetch the new shares from the node that made them and verify them. The node gives them as often as it is asked, until it is stopped.",
            $"qos {(isDrill ? "drill" : "reshare")} fetch --host http://127.0.0.1:3001 --request request --out {(isDrill ? "drill" : "reshare")} --pcrs aws-x86_64.pcrs")
    {
        _isDrill = isDrill;
        Take(_host.Option, _request, _out);
        Take(_trust.All);
    }

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string folder = parsed.GetValue(_out)!;
        ReshareRequest request = ReshareRequestFile.Read(parsed.GetValue(_request)!, _isDrill);
        AttestationPolicy policy = _trust.Policy(parsed);
        ReshareRecord.RequireFree(folder);
        using NodeClient node = _host.Open(parsed);
        ReshareRecord record = ReshareRecord.From(await ReshareCeremony.StateAsync(node, request, policy, cancellationToken));
        record.Write(folder);
        Page page = terminal.Page;
        page.Line(_isDrill ? "The document verifies: these members' shares make the key." : "The document verifies, and is about these new shares.", Tone.Good);
        ResharePage.Show(page, request);
        ResharePage.ShowContributors(page, record.Output);
        page.Wrote(folder, "reshare_envelope, reshare_output, reshare_attestation_doc, quorum_key.pub" + (record.Output.Shares?.DrKeyWrappedQuorumKey is null ? "" : ", dr_wrapped_quorum_key"));
    }
}
