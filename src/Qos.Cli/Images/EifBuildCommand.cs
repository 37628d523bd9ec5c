using System.CommandLine;
using System.Globalization;
using System.Text;
using Qos.Client;
using Qos.Eif;

namespace Qos.Cli;

/// <summary><c>qos eif build</c></summary>
internal sealed class EifBuildCommand : QosCommand
{
    private readonly Option<string> _kernel = StandardOptions.Input("--kernel", "The kernel: a bzImage, or an Image for arm64.");
    private readonly Option<string> _commandLine = new("--cmdline") { Description = "The kernel's command line.", HelpName = "TEXT", Required = true };
    private readonly Option<string[]> _ramdisks = new("--ramdisk")
    {
        Description = "A ramdisk; may be given several times. PCR1 covers the first, PCR2 the others.",
        HelpName = "FILE",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _architecture = new("--arch")
    {
        Description = "The processor: x86_64 or arm64.",
        HelpName = "ARCH",
        DefaultValueFactory = static _ => "x86_64",
    };

    private readonly Option<string> _name = Text("--name", "The image's name.", "qos");
    private readonly Option<string> _version = Text("--version", "The image's version.", "0");
    private readonly Option<string> _system = Text("--os", "The system in it.", "Linux");
    private readonly Option<string?> _kernelVersion = new("--kernel-version") { Description = "The kernel's version. Default: what the kernel says.", HelpName = "TEXT" };
    private readonly Option<string?> _metadata = new("--metadata") { Description = "A JSON object of your own for the metadata.", HelpName = "FILE" };
    private readonly Option<ulong> _memory = Number("--memory", "Bytes of memory in the header; who starts the image says it anew.", EifRecipe.UsualMemory);
    private readonly Option<ulong> _cpus = Number("--cpus", "Processors in the header; who starts the image says it anew.", EifRecipe.UsualCpus);
    private readonly Option<string> _out = StandardOptions.Output("Write the image to this file.");
    private readonly Option<string?> _pcrs = new("--pcrs-out") { Description = "Also write its registers to this file, as lines.", HelpName = "FILE" };
    private readonly Option<bool> _force = StandardOptions.Force();
    private readonly Option<bool> _json = EifOptions.Json();

    public EifBuildCommand()
        : base(
            "build",
            "Build an image; the same parts give the same bytes. BuildTime is SOURCE_DATE_EPOCH, or 1970 without it.",
            "qos eif build --kernel bzImage --cmdline \"reboot=k panic=30\" --ramdisk boot.cpio.gz --ramdisk app.cpio.gz --out qos.eif --pcrs-out qos.pcrs")
    {
        _architecture.AcceptOnlyFromAmong("x86_64", "arm64");
        Take(_kernel, _commandLine, _ramdisks, _architecture, _name, _version, _system, _kernelVersion, _metadata, _memory, _cpus, _out, _pcrs, _force, _json);
    }

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string path = parsed.GetValue(_out)!;
        bool force = parsed.GetValue(_force);
        string? pcrs = parsed.GetValue(_pcrs);
        if (pcrs is not null)
            OutputFile.RequireFree(pcrs, force);
        EifRecipe recipe = Recipe(parsed);
        OutputFile.Write(path, recipe.Write, force);
        if (pcrs is not null)
            OutputFile.Write(pcrs, Encoding.ASCII.GetBytes(ImageFile.ReadValid(path).Measurements.ToPcrsText()), force);
        ImageFile.Report(terminal, path, parsed.GetValue(_json));
        return Task.CompletedTask;
    }

    private static Option<string> Text(string name, string description, string value) =>
        new(name) { Description = description, HelpName = "TEXT", DefaultValueFactory = _ => value };

    private static Option<ulong> Number(string name, string description, ulong value)
    {
        Option<ulong> option = StandardOptions.Number<ulong>(name, description, "N");
        option.Required = false;
        option.DefaultValueFactory = _ => value;
        return option;
    }

    private static string BuildTime()
    {
        string? text = Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH");
        if (string.IsNullOrEmpty(text))
            return EifMetadata.FormatTime(0);
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds <= 253402300799
            ? EifMetadata.FormatTime(seconds)
            : throw new UsageException("SOURCE_DATE_EPOCH is not seconds since 1970");
    }

    private EifRecipe Recipe(ParseResult parsed)
    {
        var kernel = EifPartSource.FromFile(parsed.GetValue(_kernel)!);
        string custom = parsed.GetValue(_metadata) is { } file
            ? InputFile.Read(
                file,
                static bytes => System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw new FormatException("it is not UTF-8."),
                "JSON")
            : "{}";
        return new EifRecipe
        {
            Kernel = kernel,
            CommandLine = parsed.GetValue(_commandLine)!,
            Ramdisks = [.. parsed.GetValue(_ramdisks)!.Select(EifPartSource.FromFile)],
            Architecture = parsed.GetValue(_architecture) == "arm64" ? EifArchitecture.Arm64 : EifArchitecture.X64,
            DefaultMemory = parsed.GetValue(_memory),
            DefaultCpus = parsed.GetValue(_cpus),
            Metadata = new EifMetadata
            {
                ImageName = parsed.GetValue(_name)!,
                ImageVersion = parsed.GetValue(_version)!,
                BuildTime = BuildTime(),
                BuildTool = "qos",
                BuildToolVersion = typeof(EifMetadata).Assembly.GetName().Version!.ToString(3),
                OperatingSystem = parsed.GetValue(_system)!,
                KernelVersion = parsed.GetValue(_kernelVersion) ?? KernelImage.VersionOf(kernel),
                CustomMetadata = custom,
            },
        };
    }
}
