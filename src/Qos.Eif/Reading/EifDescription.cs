using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Qos.Eif;

/// <summary>
/// An image's description as <c>nitro-cli describe-eif</c> prints it, and after its members what that tool does not say: header, sections,
/// problems, and what is not measured. Format: docs/protocol/eif.md.
/// </summary>
public static class EifDescription
{
    /// <summary>Indented JSON with one line feed at its end, in ASCII: what an image says of itself must not steer the terminal that shows it.</summary>
    public static string ToJson(EifImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var output = new MemoryStream();
        using (var writer = new Utf8JsonWriter(output, EifJson.Indented))
        {
            writer.WriteStartObject();
            WriteAsNitroCli(writer, image);
            WriteOurs(writer, image);
            writer.WriteEndObject();
        }

        // Other characters stand inside texts only, where JSON has an escape for them.
        var text = new StringBuilder((int)output.Length);
        foreach (char c in Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length))
        {
            if (c is '\n' or (>= ' ' and <= '~'))
                text.Append(c);
            else
                text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return text.Append('\n').ToString();
    }

    private static void WriteAsNitroCli(Utf8JsonWriter writer, EifImage image)
    {
        writer.WriteNumber("EifVersion"u8, image.Version);
        image.Measurements.WriteTo(writer);
        writer.WriteBoolean("IsSigned"u8, image.Signature is not null);
        if (image.Signature is { } signed)
            WriteCertificate(writer, signed);
        writer.WriteBoolean("CheckCRC"u8, image.StatedCrc == image.ComputedCrc);
        if (image.Signature is { } signature)
            writer.WriteBoolean("SignatureCheck"u8, signature.FindProblem(image.Measurements.Pcr0.Span, time: null) is null);
        if (image.Metadata is not { } metadata)
            return;

        writer.WriteString("ImageName"u8, metadata.ImageName);
        writer.WriteString("ImageVersion"u8, metadata.ImageVersion);
        writer.WriteStartObject("Metadata"u8);
        writer.WriteString("BuildTime"u8, metadata.BuildTime);
        writer.WriteString("BuildTool"u8, metadata.BuildTool);
        writer.WriteString("BuildToolVersion"u8, metadata.BuildToolVersion);
        writer.WriteString("OperatingSystem"u8, metadata.OperatingSystem);
        writer.WriteString("KernelVersion"u8, metadata.KernelVersion);
        writer.WritePropertyName("DockerInfo"u8);
        EifMetadata.WriteCompact(writer, metadata.DockerInfo, "DockerInfo");
        WriteCustom(writer, metadata.CustomMetadata);
        writer.WriteEndObject();
    }

    // That tool pours the members into this object. One that would pass for a member above, or is there twice, stays out: who reads would take the last.
    private static void WriteCustom(Utf8JsonWriter writer, string json)
    {
        using var document = JsonDocument.Parse(json, EifJson.Reading);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            return;
        HashSet<string> taken = ["BuildTime", "BuildTool", "BuildToolVersion", "OperatingSystem", "KernelVersion", "DockerInfo"];
        foreach (JsonProperty member in document.RootElement.EnumerateObject())
        {
            if (taken.Add(member.Name))
                member.WriteTo(writer);
        }
    }

    private static void WriteCertificate(Utf8JsonWriter writer, EifSignature signature)
    {
        EifCertificate certificate = signature.Certificate;
        writer.WriteStartObject("SigningCertificate"u8);
        writer.WriteStartObject("IssuerName"u8);
        foreach ((string name, string value) in signature.CertificateText.IssuerName)
            writer.WriteString(name, value);
        writer.WriteEndObject();
        writer.WriteString("Algorithm"u8, signature.CertificateText.Algorithm);
        writer.WriteString("NotBefore"u8, CertificateText.Time(certificate.NotBefore));
        writer.WriteString("NotAfter"u8, CertificateText.Time(certificate.NotAfter));
        writer.WriteString("Signature"u8, signature.CertificateText.Signature);
        writer.WriteEndObject();
    }

    private static void WriteOurs(Utf8JsonWriter writer, EifImage image)
    {
        if (image.Metadata is { } metadata)
        {
            writer.WritePropertyName("CustomMetadata"u8);
            EifMetadata.WriteCompact(writer, metadata.CustomMetadata, "CustomMetadata");
        }

        if (image.Signature is { } signature)
            writer.WriteString("SigningSubject"u8, signature.Certificate.Subject);
        writer.WriteString("Architecture"u8, image.Architecture == EifArchitecture.Arm64 ? "arm64" : "x86_64");
        writer.WriteNumber("DefaultMemory"u8, image.DefaultMemory);
        writer.WriteNumber("DefaultCpus"u8, image.DefaultCpus);
        writer.WriteString("CommandLine"u8, image.CommandLine);
        writer.WriteString("CRC"u8, image.StatedCrc.ToString("x8", CultureInfo.InvariantCulture));
        writer.WriteStartArray("Sections"u8);
        foreach (EifSection section in image.Sections)
        {
            writer.WriteStartObject();
            writer.WriteString("Type"u8, EifFormat.NameOf(section.Type));
            writer.WriteNumber("Offset"u8, section.Offset);
            writer.WriteNumber("Size"u8, section.Size);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("NotMeasured"u8);
        foreach (EifUnmeasured part in EifUnmeasured.FindIn(image))
        {
            writer.WriteStartObject();
            writer.WriteString("What"u8, part.What);
            writer.WriteNumber("Offset"u8, part.Offset);
            writer.WriteNumber("Size"u8, part.Size);
            writer.WriteString("Consequence"u8, part.Consequence);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("Problems"u8);
        foreach (string problem in EifVerification.From(image).Problems)
            writer.WriteStringValue(problem);
        writer.WriteEndArray();
    }
}
