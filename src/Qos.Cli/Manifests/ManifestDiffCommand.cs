using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>qos manifest diff</c></summary>
internal sealed class ManifestDiffCommand : QosCommand
{
    private readonly Argument<string> _before = new("A") { Description = "The manifest before." };
    private readonly Argument<string> _after = new("B") { Description = "The manifest after." };
    private readonly Option<bool> _forwardable = new("--forwardable")
    {
        Description = "Also say whether a node of A gives its key to a node of B; exit status 1 when it does not.",
    };

    private readonly Option<bool> _json = StandardOptions.Json();

    public ManifestDiffCommand()
        : base("diff", "Show in what two manifests differ.", "qos manifest diff manifest.6 manifest.7 --forwardable") =>
        Take(_before, _after, _forwardable, _json);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        Manifest before = InputFile.Manifest(parsed.GetValue(_before)!);
        Manifest after = InputFile.Manifest(parsed.GetValue(_after)!);
        IReadOnlyList<ManifestDifference> differences = ManifestDifference.Between(before, after);
        IReadOnlyList<ProtocolError> obstacles = parsed.GetValue(_forwardable) ? ForwardChecks.Differences(before, after) : [];
        if (parsed.GetValue(_json))
            WriteJson(terminal, differences, obstacles, NeedsReshare(before, after));
        else
            Show(terminal.Page, differences);
        if (!parsed.GetValue(_json) && NeedsReshare(before, after))
        {
            terminal.Page.Line(
                "The share set changes and the quorum key does not: the new members have no shares of it until a reshare made them ('qos reshare new'). See to that before the last node of the first is gone.",
                Tone.Warning);
        }

        if (obstacles.Count > 0)
            throw new CeremonyException($"A node of the first gives its key to no node of the second: {ErrorText.Describe(obstacles)}");
        if (parsed.GetValue(_forwardable) && !parsed.GetValue(_json))
            terminal.Page.Line("A node of the first gives its key to a node of the second.", Tone.Good);
        return Task.CompletedTask;
    }

    private static bool NeedsReshare(Manifest before, Manifest after) =>
        before.Namespace.QuorumKey.Span.SequenceEqual(after.Namespace.QuorumKey.Span) && MemberSetDifference.Describe(before.ShareSet, after.ShareSet) is not null;

    private static void Show(Page page, IReadOnlyList<ManifestDifference> differences)
    {
        if (differences.Count == 0)
            page.Line("The manifests say the same.");
        foreach (ManifestDifference difference in differences)
        {
            page.Heading(difference.Path);
            page.Field("-", difference.Before ?? "(not there)", Tone.Bad);
            page.Field("+", difference.After ?? "(not there)", Tone.Good);
        }
    }

    private static void WriteJson(Terminal terminal, IReadOnlyList<ManifestDifference> differences, IReadOnlyList<ProtocolError> obstacles, bool needsReshare) =>
        JsonResult.Write(terminal, writer =>
        {
            writer.BeginObject();
            writer.WritePropertyName("differences");
            writer.BeginArray();
            foreach (ManifestDifference difference in differences)
            {
                writer.BeginObject();
                writer.Member("path", difference.Path);
                writer.Member("before", difference.Before);
                writer.Member("after", difference.After);
                writer.EndObject();
            }

            writer.EndArray();
            writer.WritePropertyName("needsReshare");
            writer.WriteBool(needsReshare);
            writer.Member("notForwardable", obstacles.Select(static error => error.ToString()));
            writer.EndObject();
        });
}
