using Qos.Client;
using Qos.Verify;

namespace Qos.Cli;

/// <summary><c>qos verify boot-proof</c></summary>
internal sealed class VerifyBootProofCommand() : VerifyProofCommand(
    "boot-proof",
    "Verify that a key lives in an enclave that booted an approved manifest.",
    "qos verify boot-proof boot-proof.json --time document --pcrs aws-x86_64.pcrs --pivot signer")
{
    /// <inheritdoc/>
    protected override PublishedProof Choose(PublishedProof proof, string path) => proof.Boot is null
        ? throw new CeremonyException($"{path} holds no boot proof.")
        : proof with { App = null };
}
