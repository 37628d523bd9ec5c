using System.CommandLine;
using System.Globalization;
using System.Text;
using Qos.Client;
using Qos.Nsm;
using Qos.Verify;

namespace Qos.Cli;

/// <summary><c>qos proof bundle</c></summary>
internal sealed class ProofBundleCommand : OutputFileCommand
{
    private readonly Option<string[]> _proofs = new("--proof")
    {
        Description = "Proofs: boot proofs, app proofs, or both in one file; repeat it for several files.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<string[]> _history = new("--history")
    {
        Description = "A step of the key's history, as for 'qos audit': the genesis first; repeat it in order.",
        HelpName = "STEP",
    };

    private readonly Option<string[]> _recipes = new("--recipe")
    {
        Description = "A file that says how the image is built again, or is needed for it; may be repeated.",
        HelpName = "FILE",
    };

    private readonly ProofOptions _options = new(isArchive: true);

    public ProofBundleCommand()
        : base(
            "bundle",
            "Put proofs, certificates, measurements, the image's recipe and the key's history into one archive that can be verified offline in years. What does not verify is refused.",
            "The archive, tar.",
            "qos proof bundle --proof deployment.json --history genesis --history envelope.1 --recipe BUILD.md --quorum-key quorum_key.pub --pcrs aws-x86_64.pcrs --out bundle.tar")
    {
        Take(_proofs, _history, _recipes);
        Take([.. _options.ForProofs(ProofPart.Deployment).Where(static option => option.Name != "--json")]);
    }

    /// <inheritdoc/>
    protected override Task<(byte[] Bytes, string What)> MakeAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        ProofVerifier verifier = _options.ProofVerifier(parsed, ProofPart.Deployment);
        var bundle = new ProofBundle();
        var proofs = new List<PublishedProof>();
        foreach ((int i, string path) in parsed.GetValue(_proofs)!.Index())
        {
            byte[] bytes = InputFile.Bytes(path);
            proofs.AddRange(InputFile.Understand(path, bytes, static bytes => PublishedProof.ParseAll(bytes), "a proof"));
            bundle.Add(string.Create(CultureInfo.InvariantCulture, $"proofs/{i + 1:00}.json"), bytes);
        }

        foreach (string path in parsed.GetValue(_recipes) ?? [])
            bundle.Add($"recipe/{Path.GetFileName(path)}", InputFile.Bytes(path));
        foreach ((int i, string path) in _options.ReleaseFiles(parsed).Index())
            bundle.Add(string.Create(CultureInfo.InvariantCulture, $"releases/{i + 1:00}.pcrs"), InputFile.Bytes(path));
        bundle.AddHistory(parsed.GetValue(_history) ?? []);
        bundle.Add("root.der", _options.RootDer(parsed) ?? AwsRoot.Der.ToArray());
        bundle.Add("certificates.pem", Encoding.ASCII.GetBytes(BundleReport.Certificates(proofs)));
        bundle.Add("README", Encoding.UTF8.GetBytes(
            """
            Proofs about an app in a Nitro enclave, with what is needed to check them.
            With our tools:  qos verify bundle FILE --quorum-key KEY --pcrs FILE
            Take the root, the key and the measurements from sources of your own: what is in here is only what the one who made it believed.
            proofs/ holds what is verified, history/ what happened to the key, releases/ measurements, recipe/ how to build the image again, root.der and certificates.pem the chain.
            The formats are written down in docs/protocol of the QuorumOS for .NET repository.

            """.ReplaceLineEndings("\n")));

        BundleReport report = BundleReport.Of(bundle, verifier, _options.HistoryPolicy(parsed));
        report.RequireValid();
        return Task.FromResult((bundle.Write(), string.Create(CultureInfo.InvariantCulture, $"{proofs.Count} proofs and {bundle.History.Count} steps of history, which verify")));
    }
}
