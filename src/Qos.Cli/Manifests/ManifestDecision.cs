using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary>
/// Puts a manifest before the person who decides about it: what changed, how it compares with what that person holds, everything it says, and what
/// the lint finds.
/// </summary>
internal static class ManifestDecision
{
    /// <summary>Compares a manifest with what the member holds, and shows everything about it.</summary>
    /// <param name="terminal">Where warnings go.</param>
    /// <param name="page">Where the rest goes.</param>
    /// <param name="manifest">The manifest.</param>
    /// <param name="pins">What the member holds.</param>
    /// <param name="pivotFindings">What is wrong with the binary, where the member has it.</param>
    /// <param name="askAboutSection">Asked after each section that was not compared as a whole; null to ask about none.</param>
    /// <returns>What the lint finds: warnings, none of which refuses the manifest.</returns>
    /// <exception cref="CeremonyException">It differs, or the lint refuses it.</exception>
    public static IReadOnlyList<LintFinding> Show(Terminal terminal, Page page, Manifest manifest, ManifestPins pins, IReadOnlyList<LintFinding> pivotFindings, Action<ManifestSection>? askAboutSection = null)
    {
        IReadOnlyList<PinComparison> comparisons = pins.Require(manifest);
        if (pins.Previous is { } previous)
            ShowDifferences(page, previous, manifest);
        ShowComparisons(page, comparisons);
        page.Space();
        foreach (ManifestSection section in ManifestReview.Sections(manifest))
        {
            ManifestPage.Show(page, section);
            if (IsCompared(section, comparisons))
                page.Line("  the same as what you hold", Tone.Good);
            else
                askAboutSection?.Invoke(section);
            page.Space();
        }

        IReadOnlyList<LintFinding> findings = [.. pivotFindings, .. ManifestReview.Lint(manifest, pins.Previous)];
        ManifestPage.Show(terminal.ErrorPage, findings);
        ManifestReview.RequireAcceptable(findings);
        ManifestPage.ShowHash(page, manifest);
        return findings;
    }

    private static void ShowDifferences(Page page, Manifest previous, Manifest manifest)
    {
        page.Heading($"What changes, from the manifest with nonce {previous.Namespace.Nonce} to this one with nonce {manifest.Namespace.Nonce}");
        IReadOnlyList<ManifestDifference> differences = ManifestDifference.Between(previous, manifest);
        bool isSame = previous.Hash().AsSpan().SequenceEqual(manifest.Hash());
        if (differences.Count == 0)
            page.Line(isSame ? "  nothing: it is the same manifest" : "  nothing that is shown here, and yet its hash is another", isSame ? Tone.Plain : Tone.Bad);
        foreach (ManifestDifference difference in differences)
        {
            page.Line("  " + VisibleText.Escape(difference.Path));
            page.Field("-", difference.Before ?? "(not there)", Tone.Bad);
            page.Field("+", difference.After ?? "(not there)", Tone.Good);
        }

        page.Space();
    }

    private static void ShowComparisons(Page page, IReadOnlyList<PinComparison> comparisons)
    {
        page.Heading("Compared with what you hold");
        page.Field("the same", Names(comparisons.Where(static comparison => comparison.IsHeld)), Tone.Good);
        if (comparisons.Any(static comparison => !comparison.IsHeld))
            page.Field("not compared", Names(comparisons.Where(static comparison => !comparison.IsHeld)), Tone.Warning);
    }

    private static string Names(IEnumerable<PinComparison> comparisons) => string.Join(", ", comparisons.Select(static comparison => comparison.Name));

    // A set is all of its section; of the others only some fields can be held.
    private static bool IsCompared(ManifestSection section, IReadOnlyList<PinComparison> comparisons)
    {
        string? name = section.Fields[0].Path switch
        {
            "manifestSet.threshold" => "manifest set",
            "shareSet.threshold" => "share set",
            _ => null,
        };
        return comparisons.Any(comparison => comparison.Name == name && comparison.IsSame);
    }
}
