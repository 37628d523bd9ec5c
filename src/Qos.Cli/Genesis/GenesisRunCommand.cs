using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos genesis run</c></summary>
internal sealed class GenesisRunCommand : QosCommand
{
    private readonly HostOption _host = new();
    private readonly TrustOptions _trust = new(requiresMeasurements: true);
    private readonly SettingOption _shareSet = new(ProfileSetting.ShareSet, isNeeded: true);
    private readonly Option<string> _out = new("--out") { Description = "The folder that the genesis is written to.", HelpName = "DIR", Required = true };
    private readonly SettingOption _recovery = new(ProfileSetting.RecoveryKey);
    private readonly Option<bool> _json = StandardOptions.Json();

    public GenesisRunCommand()
        : base(
            "run",
            "Let an enclave make a quorum key and one encrypted share for each member, and verify that it did.",
            "qos genesis run --host http://127.0.0.1:3001 --share-set share-set --out genesis --pcrs aws-x86_64.pcrs --role-arn \"$(cat pcr3-preimage.txt)\"")
    {
        Take(_host.Option, _shareSet, _out, _recovery);
        Take(_trust.All);
        Take(_json);
    }

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string folder = parsed.GetValue(_out)!;
        AttestationPolicy policy = _trust.Policy(parsed);
        _trust.WarnOfDebugMode(parsed, terminal);
        MemberSet set = MemberSetDirectory.Read(_shareSet.Require(parsed));
        Keys.PublicKey? recovery = _recovery.Read(parsed) is { } path and not "none" ? KeySource.ReadPublic(path) : null;
        using NodeClient node = _host.Open(parsed);
        (GenesisOutput output, bool isResumed) = await GenesisCeremony.RunAsync(node, set, recovery, policy, folder, cancellationToken);
        if (parsed.GetValue(_json))
        {
            GenesisPage.WriteJson(terminal, output, folder);
            return;
        }

        Page page = terminal.Page;
        if (isResumed)
            page.Line("An earlier run had kept the node's answer; the node was not asked again.");
        page.Line("The document verifies, and is about this output.", Tone.Good);
        GenesisPage.Show(page, output);
        page.Wrote(folder, "genesis_output, genesis_attestation_doc, quorum_key.pub" + (recovery is null ? "" : ", dr_wrapped_quorum_key"));
    }
}
