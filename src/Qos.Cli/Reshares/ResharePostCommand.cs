using System.CommandLine;
using Qos.Client;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos reshare post</c> and <c>qos drill post</c></summary>
internal sealed class ResharePostCommand : QosCommand
{
    private readonly bool _isDrill;
    private readonly HostOption _host = new();
    private readonly Option<string> _request = ReshareRequestFile.Option();
    private readonly SettingOption _share = new(ProfileSetting.Share, isNeeded: true);
    private readonly SecretOptions _secret = new();
    private readonly SettingOption _alias = StandardOptions.Alias();
    private readonly ResharePinOptions _pins;
    private readonly Option<bool> _yes = StandardOptions.Yes();

    public ResharePostCommand(bool isDrill)
        : base(
            "post",
            "Give your share to the node that took the request: compare and verify everything, and encrypt the share to that enclave alone.",
            isDrill
                ? "qos drill post --host http://127.0.0.1:3001 --request request --quorum-key quorum_key.pub --from share-set --pcrs aws-x86_64.pcrs"
                : "qos reshare post --host http://127.0.0.1:3001 --request request --quorum-key quorum_key.pub --from old-set --to new-set --dr-key none --pcrs aws-x86_64.pcrs")
    {
        _isDrill = isDrill;
        _pins = new ResharePinOptions(isDrill);
        Take(_host.Option, _request, _share, _secret.Secret, _alias);
        Take(_pins.All);
        Take(_yes, _secret.PassphraseDescriptorNumber, _secret.PinDescriptorNumber);
    }

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        ReshareRequest request = ReshareRequestFile.Read(parsed.GetValue(_request)!, _isDrill);
        IReadOnlyList<PinComparison> comparisons = _pins.Read(parsed).Require(request);
        byte[] encrypted = InputFile.Bytes(_share.Require(parsed));
        string alias = _alias.Require(parsed);
        AttestationPolicy policy = _pins.Trust.Policy(parsed);
        bool yes = parsed.GetValue(_yes);
        if (!yes && !terminal.CanReview)
            throw new UsageException("there is no terminal to review the request on: review it with 'qos reshare show' and give --yes");

        using IKeyPair key = _secret.Open(parsed, terminal);
        ReshareApproval.RequireMember(request, alias, key.PublicKey);
        using NodeClient node = _host.Open(parsed);
        ReshareState state = await ReshareCeremony.StateAsync(node, request, policy, cancellationToken);
        Page page = terminal.Page;
        ResharePage.Show(page, request, comparisons);
        page.Line("The node's document verifies, and is about this request, which enough members of the old set approved.", Tone.Good);
        if (state.Output is null)
        {
            PublicKey setupKey = ReshareCeremony.Verify(state, request, policy);
            if (!yes && !terminal.Confirm("Give your share to this enclave?", "--yes"))
                throw new CeremonyException("You did not agree; the share stays where it is.");
            state = await ReshareCeremony.PostAsync(
                node, ReshareCeremony.Reencrypt(encrypted, setupKey, request, alias, key, SystemRandomSource.Instance), request, policy, cancellationToken);
        }
        else
        {
            page.Line("The node has enough shares already; yours was not needed and stays where it is.");
        }

        ResharePage.Show(page, state);
        page.Line(
            state.Output is null ? "The node waits for more shares."
            : _isDrill ? "The shares make the key. Fetch the proof with 'qos drill fetch'."
            : "The new shares are made. Fetch them with 'qos reshare fetch' before the node is stopped.",
            Tone.Good);
    }
}
