using Qos.Verify;

namespace Qos.Cli;

/// <summary><c>qos verify deployment</c></summary>
internal sealed class VerifyDeploymentCommand() : VerifyProofCommand(
    ProofPart.Deployment,
    "deployment",
    "Verify the whole chain: payload, key, enclave, manifest, approvals, binary.",
    "qos verify deployment deployment.json --time document --pcrs aws-x86_64.pcrs --pivot signer",
    "qos verify deployment answer.json --boot-proof boot-proof.json --pcrs aws-x86_64.pcrs --pivot signer",
    "qos verify deployment archive.jsonl --time document --pcrs old.pcrs --pcrs new.pcrs --json");
