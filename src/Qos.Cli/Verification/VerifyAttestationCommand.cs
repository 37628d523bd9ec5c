using System.CommandLine;
using Qos.Client;
using Qos.Verify;

namespace Qos.Cli;

/// <summary><c>qos verify attestation</c></summary>
internal sealed class VerifyAttestationCommand : QosCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "An attestation document: COSE_Sign1, its base64 or hex, or JSON with it; - for standard input." };
    private readonly Option<string?> _manifest = new("--manifest") { Description = "Also compare it with this manifest, as a node's setup or live document.", HelpName = "FILE" };
    private readonly ProofOptions _options = new();

    public VerifyAttestationCommand()
        : base(
            "attestation",
            "Verify an attestation document: chain, time, signature, and what it should be compared with. Exit status 0 valid, 1 refused, 2 wrong usage.",
            "qos verify attestation attestation.setup --manifest manifest --pcrs aws-x86_64.pcrs",
            "qos verify attestation archived.bin --time document --json")
    {
        Take(_file, _manifest);
        Take(_options.ForDocuments);
    }

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        ProofVerifier verifier = _options.DocumentVerifier(parsed);
        string file = parsed.GetValue(_file)!;
        byte[] document = InputFile.Understand(
            file == "-" ? "standard input" : file, InputFile.BytesOrStandardInput(file), AttestationInput.Decode, "an attestation document");
        VerificationResult result = parsed.GetValue(_manifest) is { } path
            ? verifier.VerifyNode(document, InputFile.Manifest(path).HashedBytes())
            : verifier.VerifyAttestation(document);
        _options.Show(parsed, terminal, result);
        return Task.CompletedTask;
    }
}
