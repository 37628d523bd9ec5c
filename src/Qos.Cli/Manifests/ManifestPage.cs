using System.Globalization;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary>Shows manifests, and asks about what the lint found.</summary>
internal static class ManifestPage
{
    /// <summary>Shows one section.</summary>
    public static void Show(Page page, ManifestSection section)
    {
        page.Heading(section.Title);
        foreach (ManifestField field in section.Fields)
            page.Field(field.Label, field.Fingerprint is { } fingerprint ? $"fingerprint {fingerprint}" : field.Value);
    }

    /// <summary>Shows findings.</summary>
    public static void Show(Page page, IReadOnlyList<LintFinding> findings)
    {
        foreach (LintFinding finding in findings)
        {
            bool refused = finding.Severity == LintSeverity.Refused;
            page.Line($"{(refused ? "REFUSED" : "WARNING")} {finding}", refused ? Tone.Bad : Tone.Warning);
        }
    }

    /// <summary>Shows the hash, which is what approvals sign.</summary>
    public static void ShowHash(Page page, Manifest manifest)
    {
        page.Heading("Manifest hash: what an approval signs");
        page.Field("SHA-256", Convert.ToHexStringLower(manifest.Hash()));
    }

    /// <summary>Shows findings beside the result, refuses what must be refused, and has the warnings answered.</summary>
    /// <exception cref="CeremonyException">A finding refuses the manifest, or the warnings were not accepted.</exception>
    public static void Answer(Terminal terminal, IReadOnlyList<LintFinding> findings, bool acceptWarnings)
    {
        Show(terminal.ErrorPage, findings);
        ManifestReview.RequireAcceptable(findings);
        Accept(terminal, findings, acceptWarnings);
    }

    /// <summary>Has the warnings answered, all of them at once.</summary>
    /// <exception cref="CeremonyException">They were not accepted.</exception>
    public static void Accept(Terminal terminal, IReadOnlyList<LintFinding> warnings, bool acceptWarnings)
    {
        if (acceptWarnings || warnings.Count == 0)
            return;
        string question = warnings.Count == 1
            ? $"Accept the warning about {warnings[0].Where}?"
            : string.Create(CultureInfo.InvariantCulture, $"Accept the {warnings.Count} warnings about {string.Join(", ", warnings.Select(static finding => finding.Where).Distinct())}?");
        if (!terminal.Confirm(question, "--accept-warnings"))
            throw new CeremonyException($"The warnings were not accepted. {warnings[0].Where}: {warnings[0].WhatToDo}.");
    }
}
