using System.CommandLine;
using Qos.Client;
using Qos.Verify;

namespace Qos.Cli;

/// <summary><c>qos verify bundle</c></summary>
internal sealed class VerifyBundleCommand : QosCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "The archive that 'proof bundle' wrote." };
    private readonly ProofOptions _options = new(isArchive: true);

    public VerifyBundleCommand()
        : base(
            "bundle",
            "Verify a bundle offline: every proof at its own time, the key's history, and that they belong together.",
            "qos verify bundle bundle.tar --quorum-key quorum_key.pub --pcrs aws-x86_64.pcrs")
    {
        Take(_file);
        Take(_options.ForProofs(ProofPart.Deployment));
    }

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        ProofVerifier verifier = _options.ProofVerifier(parsed, ProofPart.Deployment);
        ProofBundle bundle = InputFile.Read(parsed.GetValue(_file)!, ProofBundle.Read, "a bundle");
        BundleReport report = BundleReport.Of(bundle, verifier, _options.HistoryPolicy(parsed));
        if (_options.IsJson(parsed))
            report.WriteJson(terminal);
        else
            report.Show(terminal.Page);
        report.RequireValid();
        return Task.CompletedTask;
    }
}
