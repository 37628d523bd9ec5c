using Qos.Client;
using Qos.Verify;

namespace Qos.Cli;

/// <summary><c>qos verify app-proof</c></summary>
internal sealed class VerifyAppProofCommand() : VerifyProofCommand(
    "app-proof",
    "Verify an app proof's signature alone; where its key lives is told by 'verify deployment'.",
    "qos verify app-proof app-proof.json")
{
    /// <inheritdoc/>
    protected override PublishedProof Choose(PublishedProof proof, string path) => proof.App is null
        ? throw new CeremonyException($"{path} holds no app proof.")
        : proof with { Boot = null };
}
