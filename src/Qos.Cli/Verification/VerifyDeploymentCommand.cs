using Qos.Client;
using Qos.Verify;

namespace Qos.Cli;

/// <summary><c>qos verify deployment</c></summary>
internal sealed class VerifyDeploymentCommand() : VerifyProofCommand(
    "deployment",
    "Verify the whole chain: payload, key, enclave, manifest, approvals, binary.",
    "qos verify deployment deployment.json --time document --pcrs aws-x86_64.pcrs --pivot signer")
{
    /// <inheritdoc/>
    protected override PublishedProof Choose(PublishedProof proof, string path) => proof is { App: not null, Boot: not null }
        ? proof
        : throw new CeremonyException($"{path} should hold an app proof and a boot proof: {{\"appProof\":…,\"bootProof\":…}}.");
}
