using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using Qos.Arguments;
using Qos.Client;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Tokens;

namespace Qos.Cli;

/// <summary>The command line <c>qos</c>: reads it, runs the command, and turns what went wrong into one line and an exit status.</summary>
internal static class CommandLine
{
    /// <summary>Done, or valid.</summary>
    public const int Done = 0;

    /// <summary>Refused, or not possible.</summary>
    public const int Refused = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int WrongUsage = 2;

    /// <summary>Stopped by Ctrl-C.</summary>
    public const int Interrupted = 130;

    // How long a command may take to end by itself once it was asked to.
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(2);

    /// <summary>What a newcomer may want to do first.</summary>
    public static IReadOnlyList<string> Examples { get; } =
    [
        "qos key new alice",
        "qos manifest show manifest",
        "qos verify attestation document.bin --time document",
    ];

    /// <summary>Runs one command line.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> RunAsync(string[] args, Terminal terminal, CancellationToken cancellationToken = default)
    {
        args = AsOption(args);
        var profile = Settings.ProfileOption();
        var arguments = CommandArguments.Read(Root(args, profile), args, mayBeEmpty: "--arg");
        ParseResult parsed = arguments.Parsed;
        var settings = new Settings(terminal.Environment, parsed.GetValue(profile));
        var complaints = new Complaints(terminal, isJson: parsed.Tokens.Any(static token => token is { Type: TokenType.Option, Value: "--json" }));
        if (IsBare(parsed))
        {
            // Whoever types a group alone wants to know what there is in it.
            await Root(args, profile).Parse([.. args, "--help"]).InvokeAsync(new QosInvocation(terminal, settings) { Output = terminal.Error }, cancellationToken);
            return WrongUsage;
        }

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, terminal, stopping));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, terminal, stopping));
        try
        {
            if (UsageError.Describe(arguments, settings) is { } error)
                return complaints.Write(WrongUsage, $"{error.TrimEnd('.')}. See '{NameOf(parsed)} --help'");
            return await parsed.InvokeAsync(new QosInvocation(terminal, settings), stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return complaints.Write(Interrupted, "stopped");
        }
        catch (UsageException e)
        {
            return complaints.Write(WrongUsage, e.Message);
        }
        catch (ProtocolException e)
        {
            return complaints.Write(Refused, $"refused by the node: {ErrorText.Describe(e.Error)}", e.Error.Code.ToString());
        }
        catch (Exception e) when (e is CeremonyException or KeyException or TokenException or ShamirException or AttestationException or FormatException
            or IOException or UnauthorizedAccessException)
        {
            return complaints.Write(Refused, e.Message);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return complaints.Write(Refused, $"this is a defect of qos: {e.GetType().Name}: {e.Message}");
        }
    }

    /// <summary>The commands; of the groups, only what the command line names is built.</summary>
    /// <param name="args">The command line; null for all groups.</param>
    /// <param name="profile">The option that names a profile.</param>
    public static RootCommand Root(string[]? args, Option<string?>? profile = null)
    {
        var root = new RootCommand(
            "Keys, ceremonies and verification for QuorumOS nodes. Exit status: 0 done or valid, 1 refused, 2 wrong usage.");
        bool needsAll = args is null || args.Any(static word => word.StartsWith("[suggest", StringComparison.Ordinal));
        foreach (CommandGroup group in CommandGroup.All)
            root.Subcommands.Add(group.Build(needsAll || args!.Contains(group.Name, StringComparer.Ordinal)));
        var init = new InitCommand();
        init.AddJson();
        root.Subcommands.Add(new AuditCommand());
        root.Subcommands.Add(init);
        root.Subcommands.Add(new CompletionCommand());
        root.Options.Add(profile ?? Settings.ProfileOption());
        foreach (Option option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction action })
                option.Action = new HelpWithExamples(action);
            else if (option is VersionOption version)
                version.Action = new VersionAction();
        }

        return root;
    }

    // What other programs have as commands, and people type.
    private static string[] AsOption(string[] args) => args switch
    {
        ["help", .. var rest] => [.. rest, "--help"],
        ["version"] => ["--version"],
        _ => args,
    };

    private static bool IsBare(ParseResult parsed) =>
        parsed.CommandResult.Command is not QosCommand && parsed.UnmatchedTokens.Count == 0 && parsed.Action is not (HelpWithExamples or VersionAction)
        && !parsed.Tokens.Any(static token => token.Type == TokenType.Directive);

    private static string NameOf(ParseResult parsed)
    {
        var words = new List<string>();
        for (SymbolResult? at = parsed.CommandResult; at is not null; at = at.Parent)
        {
            if (at is CommandResult { Command: var command })
                words.Insert(0, command is RootCommand ? "qos" : command.Name);
        }

        return string.Join(' ', words);
    }

    // Console.ReadKey cannot be cancelled, and a second Ctrl-C means now: exit at once.
    private static void Stop(PosixSignalContext context, Terminal terminal, CancellationTokenSource stopping)
    {
        context.Cancel = true;
        if (terminal.IsAsking || stopping.IsCancellationRequested)
        {
            terminal.Error.WriteLine();
            Environment.Exit(Interrupted);
        }

        stopping.Cancel();
        // A blocking read in the kernel, of a pipe that nobody writes into for one, does not see the token.
        new Thread(static () =>
        {
            Thread.Sleep(s_grace);
            Environment.Exit(Interrupted);
        })
        { IsBackground = true }.Start();
    }
}
