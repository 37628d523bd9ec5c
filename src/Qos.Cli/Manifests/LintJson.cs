using Qos.Client;
using Qos.Protocol;
using Qos.Serialization;

namespace Qos.Cli;

/// <summary>Manifests and findings for machines.</summary>
internal static class LintJson
{
    /// <summary>A manifest with its hash and findings.</summary>
    public static void WriteManifest(QosJsonWriter writer, Manifest manifest, IReadOnlyList<LintFinding> findings)
    {
        writer.BeginObject();
        writer.Member("hash", manifest.Hash());
        writer.WritePropertyName("findings");
        WriteFindings(writer, findings);
        writer.WritePropertyName("sections");
        writer.BeginArray();
        foreach (ManifestSection section in ManifestReview.Sections(manifest))
        {
            writer.BeginObject();
            writer.Member("title", section.Title);
            writer.WritePropertyName("fields");
            writer.BeginArray();
            foreach (ManifestField field in section.Fields)
            {
                writer.BeginObject();
                writer.Member("path", field.Path);
                writer.Member("label", field.Label);
                writer.Member("value", field.Value);
                writer.EndObject();
            }

            writer.EndArray();
            writer.EndObject();
        }

        writer.EndArray();
        writer.EndObject();
    }

    /// <summary>Findings.</summary>
    public static void WriteFindings(QosJsonWriter writer, IReadOnlyList<LintFinding> findings)
    {
        writer.BeginArray();
        foreach (LintFinding finding in findings)
        {
            writer.BeginObject();
            writer.Member("severity", finding.Severity == LintSeverity.Refused ? "refused" : "warning");
            writer.Member("where", finding.Where);
            writer.Member("what", finding.What);
            writer.Member("whatToDo", finding.WhatToDo);
            writer.EndObject();
        }

        writer.EndArray();
    }
}
