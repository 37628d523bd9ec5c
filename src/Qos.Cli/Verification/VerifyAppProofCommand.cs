using Qos.Verify;

namespace Qos.Cli;

/// <summary><c>qos verify app-proof</c></summary>
internal sealed class VerifyAppProofCommand() : VerifyProofCommand(
    ProofPart.AppProof,
    "app-proof",
    "Verify an app proof's signature alone; where its key lives is told by 'verify deployment'.",
    "qos verify app-proof app-proof.json");
