using System.CommandLine;
using System.CommandLine.Parsing;
using System.Reflection;
using Qos.Arguments;
using Qos.Client;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Tokens;

namespace Qos.Compat;

/// <summary>The command line <c>qos_client</c>. As with the reference, 0 is done and anything else is not.</summary>
internal static class ClientCommandLine
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>Refused, impossible, or a command line that makes no sense.</summary>
    public const int Refused = 1;

    /// <summary>The version, as every program tells it.</summary>
    public static string Version { get; } =
        typeof(ClientCommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>Runs one command line.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> RunAsync(string[] args, Screen screen, CancellationToken cancellationToken = default)
    {
        if (args.Contains("--version", StringComparer.Ordinal) && !args.Contains("--help", StringComparer.Ordinal))
        {
            screen.Output.WriteLine($"version: {Version}");
            return Done;
        }

        CommandArguments arguments = Read(Root(screen), args);
        if (Mistake(arguments) is { } mistake)
        {
            screen.Error.WriteLine($"Invalid input: {mistake}");
            return Refused;
        }

        try
        {
            return await arguments.Parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = screen.Output, Error = screen.Error }, cancellationToken);
        }
        catch (Exception e) when (e is CeremonyException or ProtocolException or KeyException or TokenException or ShamirException or AttestationException
            or FormatException or IOException or UnauthorizedAccessException)
        {
            screen.Output.Flush();
            screen.Error.WriteLine($"Error: {VisibleText.OneLine(e.Message)}");
            return Refused;
        }
    }

    /// <summary>Reads a command line. Where <c>--help</c> is among the words, the command and that alone: help comes before every mistake.</summary>
    public static CommandArguments Read(RootCommand root, string[] args) => CommandArguments.Read(
        root, args.Contains("--help", StringComparer.Ordinal) ? [.. args.Take(1).Where(static word => !word.StartsWith('-')), "--help"] : args, bundlesLetters: false);

    /// <summary>What is wrong with a command line, in one line; null when nothing is. What begins with two dashes is no value, as in the reference.</summary>
    public static string? Mistake(CommandArguments arguments) =>
        (arguments.WithoutValue ?? WithDashes(arguments.Parsed)) is { } option ? $"{option} needs a value, and none is given"
            : arguments.Mistake is { } other ? VisibleText.OneLine(other) : null;

    /// <summary>All commands.</summary>
    public static RootCommand Root(Screen screen)
    {
        var root = new RootCommand("The commands of qos_client, done by Qos for .NET. Exit status: 0 done, 1 not done.");
        ReadOnlySpan<ClientCommand> commands =
        [
            new HostHealthCommand(), new EnclaveStatusCommand(), new EnclaveVersionCommand(), new GenerateFileKeyCommand(), new BootGenesisCommand(),
            new AfterGenesisCommand(), new VerifyGenesisCommand(), new GenerateManifestCommand(), new ApproveManifestCommand(),
            new GenerateManifestEnvelopeCommand(), new BootStandardCommand(), new GetAttestationDocCommand(), new GetEphemeralKeyHexCommand(),
            new ProxyReEncryptShareCommand(), new PostShareCommand(), new DangerousDevBootCommand(), new PivotHashCommand(), new ShamirSplitCommand(),
            new ShamirReconstructCommand(), new DisplayCommand(), new JsonToBorshCommand(), new BootKeyFwdCommand(), new ExportKeyCommand(),
            new InjectKeyCommand(), new P256VerifyCommand(), new P256SignCommand(), new P256AsymmetricEncryptCommand(), new P256AsymmetricDecryptCommand(),
        ];
        foreach (ClientCommand command in commands)
        {
            command.Screen = screen;
            root.Subcommands.Add(command);
        }

        foreach (YubiKeyCommand command in YubiKeyCommand.All())
        {
            command.Screen = screen;
            root.Subcommands.Add(command);
        }

        return root;
    }

    private static string? WithDashes(ParseResult parsed) => parsed.CommandResult.Children.OfType<OptionResult>()
        .FirstOrDefault(static option => option.Tokens.Any(static token => token.Value.StartsWith("--", StringComparison.Ordinal)))?.Option.Name;
}
