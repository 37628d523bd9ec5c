using System.CommandLine;
using System.Globalization;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos genesis run</c></summary>
internal sealed class GenesisRunCommand : QosCommand
{
    private readonly HostOption _host = new();
    private readonly TrustOptions _trust = new(requiresMeasurements: true);

    private readonly Option<string> _shareSet = new("--share-set")
    {
        Description = "The folder of the members: one ALIAS.pub each, and quorum_threshold.",
        HelpName = "DIR",
        Required = true,
    };

    private readonly Option<string> _out = new("--out") { Description = "The folder of what comes back.", HelpName = "DIR", Required = true };

    private readonly Option<string?> _recovery = new("--dr-key")
    {
        Description = "A disaster-recovery public key: the seed is also encrypted to it.",
        HelpName = "PUB",
    };

    public GenesisRunCommand()
        : base(
            "run",
            "Let an enclave make a quorum key and one encrypted share for each member, and verify that it did.",
            "qos genesis run --host http://127.0.0.1:3001 --share-set share-set --out genesis --pcrs aws-x86_64.pcrs --role-arn \"$(cat pcr3-preimage.txt)\"") =>
        Take(_host, _shareSet, _out, _recovery, _trust.Root, _trust.Time, _trust.Pcrs, _trust.Pcr3, _trust.RoleArn);

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string folder = parsed.GetValue(_out)!;
        AttestationPolicy policy = _trust.Policy(parsed);
        MemberSet set = MemberSetDirectory.Read(parsed.GetValue(_shareSet)!);
        Keys.PublicKey? recovery = parsed.GetValue(_recovery) is { } path ? KeyFile.ReadPublic(path) : null;

        using NodeClient node = _host.Open(parsed);
        GenesisCeremony.RequireFree(folder);
        (GenesisOutput output, ReadOnlyMemory<byte> document) = await GenesisCeremony.RunAsync(node, set, recovery, policy, cancellationToken);
        GenesisCeremony.Write(folder, output, document);

        Page page = terminal.Page;
        page.Line("The document verifies, and is about this output.", Tone.Good);
        page.Field("quorum key", Convert.ToHexStringLower(output.QuorumKey.Span));
        page.Field("threshold", string.Create(CultureInfo.InvariantCulture, $"{set.Threshold} of {set.Members.Count}"));
        foreach (QuorumMember member in set.Members)
            page.Field("share for", member.Alias);
        page.Wrote(folder, "genesis_output, genesis_attestation_doc, quorum_key.pub" + (recovery is null ? "" : ", dr_wrapped_quorum_key"));
    }
}
