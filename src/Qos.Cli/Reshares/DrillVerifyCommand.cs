using System.CommandLine;
using Qos.Client;

namespace Qos.Cli;

/// <summary><c>qos drill verify</c></summary>
internal sealed class DrillVerifyCommand : QosCommand
{
    private readonly Option<string> _folder = new("--dir") { Description = "The folder that 'drill fetch' wrote.", HelpName = "DIR", Required = true };
    private readonly ResharePinOptions _pins = new(isDrill: true);

    public DrillVerifyCommand()
        : base(
            "verify",
            "Verify the proof of a drill: which members' shares made the key, and when.",
            "qos drill verify --dir drill --quorum-key quorum_key.pub --from share-set --pcrs aws-x86_64.pcrs --time document")
    {
        Take(_folder);
        Take(_pins.All);
    }

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        ResharePins pins = _pins.Read(parsed);
        ReshareRecord record = ReshareRecord.Read(parsed.GetValue(_folder)!, _pins.Trust.Policy(parsed));
        ReshareRequestFile.RequirePurpose(record.Envelope.Request, isDrill: true);
        IReadOnlyList<PinComparison> comparisons = pins.Require(record.Envelope.Request);
        Page page = terminal.Page;
        page.Line("The document verifies: these members' shares made the key.", Tone.Good);
        ResharePage.Show(page, record.Envelope.Request, comparisons);
        ResharePage.ShowContributors(page, record.Output);
        page.Field("at", Nsm.AttestationDocument.Parse(record.Document.Span).Time.ToString("yyyy-MM-dd HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture));
        return Task.CompletedTask;
    }
}
