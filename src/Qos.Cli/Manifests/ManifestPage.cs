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
            page.Field(field.Label, field.Value);
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

    /// <summary>Shows findings, refuses what must be refused, and has the warnings answered.</summary>
    /// <exception cref="CeremonyException">A finding refuses the manifest, or a warning was not accepted.</exception>
    public static void Answer(Terminal terminal, IReadOnlyList<LintFinding> findings, bool acceptWarnings)
    {
        Show(terminal.Page, findings);
        ManifestReview.RequireAcceptable(findings);
        if (acceptWarnings)
            return;
        foreach (LintFinding finding in findings)
        {
            string question = string.Create(CultureInfo.InvariantCulture, $"Accept the warning about {finding.Where}: {finding.What}?");
            if (!terminal.Confirm(question, "--accept-warnings"))
                throw new CeremonyException($"The warning about {finding.Where} was not accepted: {finding.WhatToDo}.");
        }
    }
}
