using System.Text;
using System.Text.Json;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary>What <c>display</c> shows: JSON in declaration order with numbers as numbers, or the sections of a review.</summary>
internal static class Shown
{
    /// <summary>A manifest as JSON, in which nothing steers a terminal.</summary>
    public static string Json(Manifest manifest)
    {
        // The plain form of an envelope holds the plain form of its manifest; a file of one is canonical when it is V2.
        using var envelope = JsonDocument.Parse(ManifestEnvelopeFormat.WritePlain(new ManifestEnvelope(manifest, [], [])));
        return VisibleJson.From(Encoding.UTF8.GetBytes(envelope.RootElement.GetProperty("manifest").GetRawText()));
    }

    /// <summary>An envelope as JSON.</summary>
    public static string Json(ManifestEnvelope envelope) => VisibleJson.From(ManifestEnvelopeFormat.WritePlain(envelope));

    /// <summary>A genesis output as JSON, as the wire has it.</summary>
    public static string Json(GenesisOutput output) => VisibleJson.From(GenesisOutputFormat.WriteJson(output));

    /// <summary>A manifest for people.</summary>
    public static void Write(TextWriter output, Manifest manifest)
    {
        foreach (ManifestSection section in ManifestReview.Sections(manifest))
        {
            output.WriteLine(VisibleText.Escape(section.Title));
            foreach (ManifestField field in section.Fields)
                output.WriteLine($"    {VisibleText.Escape(field.Label)}: {VisibleText.Escape(field.Value)}");
        }

        output.WriteLine($"Manifest hash: {Convert.ToHexStringLower(manifest.Hash())}");
    }

    /// <summary>An envelope for people.</summary>
    public static void Write(TextWriter output, ManifestEnvelope envelope)
    {
        Write(output, envelope.Manifest);
        foreach (Approval approval in envelope.ManifestSetApprovals)
            output.WriteLine($"Manifest set approval: {VisibleText.Escape(approval.Member.Alias)}");
        foreach (Approval approval in envelope.ShareSetApprovals)
            output.WriteLine($"Share set approval: {VisibleText.Escape(approval.Member.Alias)}");
    }
}
