using System.CommandLine;
using Qos.Client;
using Qos.Fleet.Api;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos deploy approve</c>: <c>qos manifest approve</c> for a manifest that a service gave, which is believed as little as a stranger's file.</summary>
internal sealed class DeployApproveCommand : FleetCommand
{
    private readonly Argument<string> _deployment = new("DEPLOYMENT") { Description = "The deployment's id." };
    private readonly SecretOptions _secret = new();
    private readonly SettingOption _alias = StandardOptions.Alias();
    private readonly TrustOptions _trust = new();
    private readonly PinOptions _pins;
    private readonly Option<bool> _yes = StandardOptions.Yes();
    private readonly Option<bool> _acceptWarnings = StandardOptions.AcceptWarnings();

    public DeployApproveCommand()
        : base(
            "approve",
            "Fetch a deployment's manifest, compare it with what you hold, review it, and post your approval of its hash.",
            "qos deploy approve 0199…",
            "qos deploy approve 0199… --secret alice.secret --alias alice --manifest-set manifest-set --share-set share-set --quorum-key genesis/quorum_key.pub --pivot signer --pcrs aws-x86_64.pcrs")
    {
        _pins = new PinOptions(_trust);
        Take(_deployment, _secret.Secret, _alias);
        Take(_pins.All);
        Take(_trust.Root, _trust.Pcrs, _trust.RoleArn, _trust.Pcr3, _yes, _acceptWarnings, _secret.PassphraseDescriptorNumber, _secret.PinDescriptorNumber);
    }

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, ControlClient control, CancellationToken cancellationToken)
    {
        (ApiDeployment deployment, Manifest manifest) = await DeploymentAsync(control, parsed.GetValue(_deployment)!, cancellationToken);
        ManifestPins pins = _pins.Read(parsed);
        string alias = _alias.Require(parsed);
        pins.Require(manifest);
        PublicKey publicKey = _secret.PublicKey(parsed);
        ManifestApproval.RequireMember(manifest, alias, publicKey);
        string operatorId = deployment.ManifestSet.Operators.FirstOrDefault(op => op.Name == alias && op.PublicKey == publicKey.ToHex())?.Id
            ?? throw new CeremonyException("The service knows no operator with your name and key in the manifest set.");
        bool yes = parsed.GetValue(_yes);
        if (!yes && !terminal.CanReview)
            throw new UsageException("there is no terminal to review the manifest on: review it with 'qos deploy plan' and give --yes");

        using IKeyPair key = _secret.Open(parsed, terminal);
        IReadOnlyList<LintFinding> warnings = ManifestDecision.Show(terminal, terminal.Page, manifest, pins, _pins.LintPivot(parsed), yes ? null : section => Ask(terminal, section));
        ManifestPage.Accept(terminal, warnings, parsed.GetValue(_acceptWarnings));
        if (!yes && !terminal.Confirm("Do you sign this hash?", "--yes"))
            throw new CeremonyException("The hash was not approved; nothing was signed.");
        Approval approval = ManifestApproval.Sign(manifest, alias, key);
        await control.SubmitAsync(
            "create_tvc_manifest_approvals",
            new CreateApprovalsParameters
            {
                ManifestId = deployment.Manifest.Id,
                Approvals = [new ManifestApprovalParameters { OperatorId = operatorId, Signature = Convert.ToHexStringLower(approval.Signature.Span) }],
            },
            ApiJson.Default.CreateApprovalsParameters,
            ApiJson.Default.CreateApprovalsResult,
            cancellationToken);
        (ApiDeployment after, _) = await DeploymentAsync(control, deployment.Id, cancellationToken);
        IReadOnlyList<QuorumMember> approved = ManifestApproval.Approved(
            manifest, after.ManifestApprovals.Select(static given => (given.Operator.PublicKey, (ReadOnlyMemory<byte>)given.Approval)));
        if (!approved.Any(member => member.Alias == alias))
            throw new CeremonyException("The service took the approval and does not show it: your signature is not among those that it gives for this deployment.");
        terminal.Page.Field("approved", $"{approved.Count} of {manifest.ManifestSet.Threshold} that are needed, by signatures that were verified here", Tone.Good);
    }

    private static void Ask(Terminal terminal, ManifestSection section)
    {
        if (!terminal.Confirm("Do you approve this section?", "--yes"))
            throw new CeremonyException($"The section \"{section.Title}\" was not approved; nothing was signed.");
    }
}
