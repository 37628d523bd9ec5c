using System.CommandLine;
using System.Globalization;
using Qos.Eif;

namespace Qos.Cli;

/// <summary><c>qos eif describe</c></summary>
internal sealed class EifDescribeCommand : QosCommand
{
    private readonly Argument<string> _file = EifOptions.Image();
    private readonly Option<bool> _json = EifOptions.Json();

    public EifDescribeCommand()
        : base("describe", "Show what an image holds, what it claims, and what of it is not measured.", "qos eif describe qos.eif", "qos eif describe qos.eif --json") =>
        Take(_file, _json);

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        EifImage image = ImageFile.Read(parsed.GetValue(_file)!);
        if (parsed.GetValue(_json))
            terminal.Output.Write(EifDescription.ToJson(image));
        else
            Show(terminal.Page, image);
        return Task.CompletedTask;
    }

    private static void Show(Page page, EifImage image)
    {
        page.Heading("Measured");
        foreach ((int index, ReadOnlyMemory<byte> value) in image.Measurements.Registers)
            page.Field($"PCR{index}", Convert.ToHexStringLower(value.Span));
        page.Field("command line", image.CommandLine);
        page.Space();

        page.Heading("Sections");
        foreach (EifSection section in image.Sections)
            page.Field(section.Type.ToString(), string.Create(CultureInfo.InvariantCulture, $"{section.Size} bytes at {section.DataOffset}"));
        page.Space();

        page.Heading("Signature");
        if (image.Signature is { } signature)
            ShowCertificate(page, signature.Certificate);
        else
            page.Line("  none: PCR8 is zero");
        page.Space();

        page.Heading("Claimed by the image, not measured");
        page.Field("version", image.Version.ToString(CultureInfo.InvariantCulture));
        page.Field("architecture", image.Architecture == EifArchitecture.Arm64 ? "arm64" : "x86_64");
        page.Field("memory", image.DefaultMemory.ToString(CultureInfo.InvariantCulture));
        page.Field("processors", image.DefaultCpus.ToString(CultureInfo.InvariantCulture));
        if (image.Metadata is { } metadata)
            ShowMetadata(page, metadata);
        page.Space();

        page.Heading("Not measured: can be changed without a trace in an attestation document");
        foreach (EifUnmeasured part in EifUnmeasured.FindIn(image))
            page.Line(string.Create(CultureInfo.InvariantCulture, $"  {part.Size} bytes at {part.Offset}, {part.What}: {part.Consequence}"));
        page.Space();

        IReadOnlyList<string> problems = EifVerification.From(image).Problems;
        foreach (string problem in problems)
            page.Line(problem, Tone.Bad);
        if (problems.Count == 0)
            page.Line("form, checksum and signature are right", Tone.Good);
    }

    private static void ShowCertificate(Page page, EifCertificate certificate)
    {
        page.Field("subject", certificate.Subject);
        page.Field("issuer", certificate.Issuer);
        page.Field("valid", string.Create(CultureInfo.InvariantCulture, $"{certificate.NotBefore:u} to {certificate.NotAfter:u}"));
    }

    private static void ShowMetadata(Page page, EifMetadata metadata)
    {
        page.Field("name", $"{metadata.ImageName} {metadata.ImageVersion}");
        page.Field("built", $"{metadata.BuildTime} by {metadata.BuildTool} {metadata.BuildToolVersion}");
        page.Field("system", $"{metadata.OperatingSystem}, kernel {metadata.KernelVersion}");
        page.Field("container", metadata.DockerInfo);
        page.Field("custom", metadata.CustomMetadata);
    }
}
