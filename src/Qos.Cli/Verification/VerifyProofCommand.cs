using System.CommandLine;
using Qos.Client;
using Qos.Serialization;
using Qos.Verify;

namespace Qos.Cli;

/// <summary>Verifies published proofs, one or as many as a file holds; what of each is looked at is the command's.</summary>
internal abstract class VerifyProofCommand : QosCommand
{
    /// <summary>
    /// The collector lets garbage grow with the processor's cache, to hundreds of megabytes on some machines; a run shall need as much memory for
    /// thousands of proofs as for dozens.
    /// </summary>
    private const long GarbageBytes = 6 * 1024 * 1024;

    private readonly Argument<string> _file = new("FILE")
    {
        Description = "Proofs: one, or any number of them on lines of their own, behind each other or in an array; - for standard input.",
    };

    private readonly Option<bool> _list = new("--list")
    {
        Description = "Show one proof as several are shown: by a line where it is refused (with --json always) and a summary.",
    };

    private readonly Option<string?> _bootProof = new("--boot-proof")
    {
        Description = "The boot proof of the app proofs that come without one, such as the answers of one enclave's app.",
        HelpName = "FILE",
    };

    private readonly ProofOptions _options = new();
    private readonly ProofPart _part;

    protected VerifyProofCommand(ProofPart part, string name, string description, params string[] examples)
        : base(name, description, examples)
    {
        _part = part;
        Take(_file);
        Take(_options.ForProofs(part));
        if (part == ProofPart.Deployment)
            Take(_bootProof);
        Take(_list);
    }

    /// <inheritdoc/>
    protected sealed override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_file)!;
        string name = path == "-" ? "standard input" : path;
        ProofVerifier verifier = _options.ProofVerifier(parsed, _part);
        BootProof? boot = parsed.GetValue(_bootProof) is { } bootPath ? ReadBootProof(bootPath) : null;
        using Stream stream = InputFile.OpenOrStandardInput(path);

        bool isList = parsed.GetValue(_list);
        var report = new ProofReport(terminal, _part, _options.IsJson(parsed));
        StreamedProof? alone = null;
        string? problem = null;
        long collected = 0;
        try
        {
            foreach (StreamedProof proof in ProofStream.Verify(stream, verifier, _part, boot))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (GC.GetTotalAllocatedBytes() - collected > GarbageBytes)
                {
                    GC.Collect();
                    collected = GC.GetTotalAllocatedBytes();
                }

                if (!isList && !proof.IsInArray && alone is null)
                {
                    alone = proof;
                    continue;
                }

                isList = true;
                Take(report, ref alone);
                report.Add(proof);
            }
        }
        catch (EncodingException e)
        {
            problem = $"{name}: {e.Message}";
            Take(report, ref alone);
        }

        if (alone is not null)
            ShowAlone(parsed, terminal, alone, name);
        else if (report.Proofs > 0)
            report.End(problem);
        else
            throw new CeremonyException(problem ?? $"{name} holds no proof.");
        return Task.CompletedTask;
    }

    private static BootProof ReadBootProof(string path) =>
        InputFile.Read(path, static bytes => PublishedProof.Parse(bytes), "a boot proof").Boot
            ?? throw new CeremonyException($"{path} holds no boot proof.");

    private static void Take(ProofReport report, ref StreamedProof? alone)
    {
        if (alone is not null)
            report.Add(alone);
        alone = null;
    }

    private void ShowAlone(ParseResult parsed, Terminal terminal, StreamedProof proof, string name)
    {
        if (proof.Result is not { } result)
            throw new CeremonyException($"{name} {proof.Problem}.");
        _options.Show(parsed, terminal, result);
    }
}

/// <summary><c>qos verify app-proof</c></summary>
internal sealed class VerifyAppProofCommand() : VerifyProofCommand(
    ProofPart.AppProof,
    "app-proof",
    "Verify an app proof's signature alone; 'verify deployment' tells where its key lives.",
    "qos verify app-proof app-proof.json --ephemeral-key 04a1…");

/// <summary><c>qos verify boot-proof</c></summary>
internal sealed class VerifyBootProofCommand() : VerifyProofCommand(
    ProofPart.BootProof,
    "boot-proof",
    "Verify that a key lives in an enclave that runs an approved manifest of a deployment that you name.",
    "qos verify boot-proof boot-proof.json --quorum-key quorum_key.pub --pcrs aws-x86_64.pcrs --pivot signer");

/// <summary><c>qos verify deployment</c></summary>
internal sealed class VerifyDeploymentCommand() : VerifyProofCommand(
    ProofPart.Deployment,
    "deployment",
    "Verify the whole chain: payload, key, enclave, manifest, approvals, binary, and that it is the deployment that you name.",
    "qos verify deployment deployment.json --quorum-key quorum_key.pub --pcrs aws-x86_64.pcrs --pivot signer --time document",
    "qos verify deployment answer.json --boot-proof boot-proof.json --manifest-set manifest-set --pcrs aws-x86_64.pcrs",
    "qos verify deployment archive.jsonl --manifest manifest --time document --pcrs old.pcrs --pcrs new.pcrs --json");
