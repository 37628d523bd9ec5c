using System.CommandLine;
using Qos.Client;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos reshare approve</c> and <c>qos drill approve</c></summary>
internal sealed class ReshareApproveCommand : QosCommand
{
    private readonly bool _isDrill;
    private readonly Argument<string> _file = new("FILE") { Description = "The request." };
    private readonly SecretOptions _secret = new();
    private readonly SettingOption _alias = StandardOptions.Alias();
    private readonly ResharePinOptions _pins;

    private readonly Option<string?> _folder = new("--out-dir")
    {
        Description = "The folder of the approval, ALIAS-HASH.reshare-approval. Default: this one.",
        HelpName = "DIR",
    };

    private readonly Option<bool> _yes = StandardOptions.Yes();

    public ReshareApproveCommand(bool isDrill)
        : base(
            "approve",
            isDrill
                ? "Compare a request for a drill with what you hold, and sign it when you agree with all of it."
                : "Compare a request for new shares with what you hold, and sign it when you agree with all of it.",
            isDrill
                ? "qos drill approve request --quorum-key quorum_key.pub --from share-set --pcrs aws-x86_64.pcrs --out-dir approvals"
                : "qos reshare approve request --quorum-key quorum_key.pub --from old-set --to new-set --dr-key none --pcrs aws-x86_64.pcrs --out-dir approvals")
    {
        _isDrill = isDrill;
        _pins = new ResharePinOptions(isDrill);
        Take(_file, _secret.Secret, _alias, _folder);
        Take(_pins.WithoutVerification);
        Take(_yes, _secret.PassphraseDescriptorNumber, _secret.PinDescriptorNumber);
    }

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        ReshareRequest request = ReshareRequestFile.Read(parsed.GetValue(_file)!, _isDrill);
        IReadOnlyList<PinComparison> comparisons = _pins.Read(parsed).Require(request);
        string alias = _alias.Require(parsed);
        ReshareApproval.RequireMember(request, alias, _secret.PublicKey(parsed));
        string path = Path.Combine(parsed.GetValue(_folder) ?? "", ReshareApproval.FileName(request, alias));
        OutputFile.RequireFree(path);
        bool yes = parsed.GetValue(_yes);
        if (!yes && !terminal.CanReview)
            throw new UsageException("there is no terminal to review the request on: review it with 'qos reshare show' and give --yes");

        using IKeyPair key = _secret.Open(parsed, terminal);
        ResharePage.Show(terminal.Page, request, comparisons);
        if (!_isDrill)
            terminal.Page.Line(ResharePage.OldSharesRemain, Tone.Warning);
        if (!yes && !terminal.Confirm(_isDrill ? "Do you agree to this drill?" : "Do you agree that these people get new shares of the key, and nobody else?", "--yes"))
            throw new CeremonyException("The request was not approved; nothing was signed.");
        OutputFile.Write(path, ApprovalFormat.Write(ReshareApproval.Sign(request, alias, key)));
        terminal.Page.Wrote(path, $"approval by {VisibleText.Escape(alias)} of {Convert.ToHexStringLower(ReshareFormat.Hash(request))}");
        return Task.CompletedTask;
    }
}
