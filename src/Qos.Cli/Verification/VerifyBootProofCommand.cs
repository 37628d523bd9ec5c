using Qos.Verify;

namespace Qos.Cli;

/// <summary><c>qos verify boot-proof</c></summary>
internal sealed class VerifyBootProofCommand() : VerifyProofCommand(
    ProofPart.BootProof,
    "boot-proof",
    "Verify that a key lives in an enclave that booted an approved manifest.",
    "qos verify boot-proof boot-proof.json --time document --pcrs aws-x86_64.pcrs --pivot signer");
