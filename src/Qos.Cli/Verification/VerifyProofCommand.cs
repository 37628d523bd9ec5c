using System.CommandLine;
using Qos.Client;
using Qos.Verify;

namespace Qos.Cli;

/// <summary>Verifies published proofs; what of the file is looked at is the command's.</summary>
internal abstract class VerifyProofCommand : QosCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "An app proof, a boot proof, or an object of both; - for standard input." };
    private readonly ProofOptions _options = new();

    protected VerifyProofCommand(string name, string description, params string[] examples)
        : base(name, description, examples)
    {
        Take(_file);
        Take(_options.ForProofs);
    }

    /// <inheritdoc/>
    protected sealed override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_file)!;
        ProofVerifier verifier = _options.Verifier(parsed);
        PublishedProof proof = InputFile.Understand(
            path, InputFile.BytesOrStandardInput(path), static bytes => PublishedProof.Parse(bytes), "a proof");
        _options.Show(parsed, terminal, verifier.Verify(Choose(proof, path)));
        return Task.CompletedTask;
    }

    /// <summary>What of the file is verified.</summary>
    /// <exception cref="CeremonyException">It is not there.</exception>
    protected abstract PublishedProof Choose(PublishedProof proof, string path);
}
