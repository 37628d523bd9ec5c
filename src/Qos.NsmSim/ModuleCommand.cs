using System.CommandLine;
using System.Text;
using Qos.Client;
using Qos.Simulator;

namespace Qos.NsmSim;

/// <summary><c>qos-nsm-sim pki</c>: what a module in another program (the virtual machine's) signs with.</summary>
internal sealed class ModuleCommand
{
    public ModuleCommand()
    {
        foreach (Option option in (ReadOnlySpan<Option>)[Out, PkiDir, ModuleId, RootOut])
            Command.Options.Add(option);
    }

    public Command Command { get; } = new(
        "pki",
        "Writes the certificates and the key of one module: cabundle.pem (root first), leaf.pem and leaf.key, valid for three hours.\n\n" +
        "Example:\n  qos-nsm-sim pki --out module-pki --pki-dir simulator-pki --root-out root.pem");

    private Option<string> Out { get; } = new("--out")
    {
        Description = "The folder to write to; it must not hold a leaf.key yet.",
        HelpName = "DIR",
        Required = true,
    };

    private Option<string?> PkiDir { get; } = new("--pki-dir")
    {
        Description = "Keeps the root and its key in this folder; otherwise nobody has the root's key afterwards.",
        HelpName = "DIR",
    };

    private Option<string> ModuleId { get; } = new("--module-id")
    {
        Description = "The module's name, as its documents have it.",
        HelpName = "ID",
        DefaultValueFactory = _ => "i-0000000000000000-enc0000000000000000",
    };

    private Option<string?> RootOut { get; } = new("--root-out")
    {
        Description = "Writes the root certificate, which a verifier must be given, to this file in PEM.",
        HelpName = "FILE",
    };

    /// <summary>Writes the files.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    /// <exception cref="CeremonyException">The root certificate cannot.</exception>
    /// <exception cref="InvalidDataException">The folder with the root holds something else.</exception>
    public void Run(ParseResult parsed)
    {
        string? rootFile = parsed.GetValue(RootOut);
        if (rootFile is not null)
            OutputFile.RequireFree(rootFile, overwrite: true);
        using SimulatorPki pki = parsed.GetValue(PkiDir) is { } directory ? SimulatorPki.OpenOrCreate(directory) : SimulatorPki.Create();
        pki.WriteModule(parsed.GetValue(Out)!, parsed.GetValue(ModuleId)!, TimeProvider.System.GetUtcNow());
        if (rootFile is not null)
            OutputFile.Write(rootFile, Encoding.UTF8.GetBytes(pki.RootPem), overwrite: true);
    }
}
