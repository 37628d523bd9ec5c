using System.CommandLine;
using Qos.Client;
using Qos.Fleet.Api;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos deploy provision</c>: <c>qos share give</c> through a service, which is believed as little as a stranger's file.</summary>
internal sealed class DeployProvisionCommand : FleetCommand
{
    private readonly Argument<string> _deployment = new("DEPLOYMENT") { Description = "The deployment's id." };
    private readonly ShareHandover _handover = new();

    public DeployProvisionCommand()
        : base(
            "provision",
            "A member's whole part when a deployment waits for shares: fetch the document and the envelope, compare and verify everything, and post your share for that enclave alone.",
            "qos deploy provision 0199…",
            "qos deploy provision 0199… --share alice.share --secret alice.secret --alias alice --manifest-set manifest-set --share-set share-set --quorum-key genesis/quorum_key.pub --pcrs aws-x86_64.pcrs")
    {
        Take(_deployment);
        Take(_handover.Fetched);
    }

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parsed, Terminal terminal, ControlClient control, CancellationToken cancellationToken)
    {
        string id = parsed.GetValue(_deployment)!;
        ApiAnswer details = await control.QueryAsync("get_tvc_deployment_provisioning_details", new QueryParameters { DeploymentId = id }, cancellationToken);
        if (details.AttestationDocument is not { } document || details.ManifestEnvelope is not { } bytes)
            throw new CeremonyException($"The deployment waits for no shares: it is {details.ProvisioningState ?? "unknown"}.");
        ManifestEnvelope envelope = ReadEnvelope(bytes);
        (ApiDeployment deployment, _) = await DeploymentAsync(control, id, cancellationToken);
        (byte[] share, Approval approval) = await _handover.ReencryptAsync(parsed, terminal, terminal.Page, () => Task.FromResult<ReadOnlyMemory<byte>>(document), envelope);
        string operatorId = deployment.ShareSet.Operators.FirstOrDefault(op => op.Name == approval.Member.Alias && op.PublicKey == Convert.ToHexStringLower(approval.Member.PubKey.Span))?.Id
            ?? throw new CeremonyException("The service knows no operator with your name and key in the share set.");
        PostShareResult result = await control.SubmitAsync(
            "post_tvc_quorum_key_share",
            new PostShareParameters
            {
                DeploymentId = id,
                EphemeralPublicKeyHex = Convert.ToHexStringLower(AttestationDocument.Parse(document).PublicKey.GetValueOrDefault().Span),
                ShareApprovalBundle = new ShareApprovalBundle
                {
                    OperatorId = operatorId,
                    ReEncryptedShareHex = Convert.ToHexStringLower(share),
                    Signature = Convert.ToHexStringLower(approval.Signature.Span),
                },
            },
            ApiJson.Default.PostShareParameters,
            ApiJson.Default.PostShareResult,
            cancellationToken);
        terminal.Page.Field("share posted", result.ProvisioningShareId, Tone.Good);
    }

    private static ManifestEnvelope ReadEnvelope(byte[] bytes)
    {
        try
        {
            return ManifestEnvelopeFormat.Read(bytes);
        }
        catch (Serialization.EncodingException e)
        {
            throw new CeremonyException($"What the service gave is no manifest envelope: {e.Message}", e);
        }
    }
}
