using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
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
        ParseResult parsed = Root(args).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (UsageError(parsed) is { } error)
            return Complain(terminal, WrongUsage, $"{error.TrimEnd('.')}. See '{NameOf(parsed)} --help'");

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, terminal, stopping));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, terminal, stopping));
        try
        {
            return await parsed.InvokeAsync(new QosInvocation(terminal), stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return Complain(terminal, Interrupted, "stopped");
        }
        catch (UsageException e)
        {
            return Complain(terminal, WrongUsage, e.Message);
        }
        catch (ProtocolException e)
        {
            return Complain(terminal, Refused, $"refused by the node: {ErrorText.Of(e.Error)}");
        }
        catch (Exception e) when (e is CeremonyException or KeyException or TokenException or ShamirException or AttestationException or FormatException
            or IOException or UnauthorizedAccessException)
        {
            return Complain(terminal, Refused, e.Message);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return Complain(terminal, Refused, $"this is a defect of qos: {e.GetType().Name}: {e.Message}");
        }
    }

    /// <summary>The commands; of the groups, only what the command line names is built.</summary>
    /// <param name="args">The command line; null for all groups.</param>
    public static RootCommand Root(string[]? args)
    {
        var root = new RootCommand(
            "Keys, ceremonies and verification for QuorumOS nodes. Exit status: 0 done or valid, 1 refused, 2 wrong usage.");
        foreach (CommandGroup group in CommandGroup.All)
            root.Subcommands.Add(group.Build(args is null || args.Contains(group.Name, StringComparer.Ordinal)));
        foreach (Option option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction action })
                option.Action = new HelpWithExamples(action);
        }

        return root;
    }

    /// <summary>A message without line breaks or anything that steers a terminal.</summary>
    public static string OneLine(string message)
    {
        string line = string.Join(' ', message.Split((char[]?)['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

        // What is visible stays as it is: it was escaped where it was put together.
        return VisibleText.NeedsEscape(line) ? VisibleText.Escape(line) : line;
    }

    private static int Complain(Terminal terminal, int status, string message)
    {
        terminal.Output.Flush();
        terminal.Error.WriteLine($"qos: {OneLine(message)}");
        return status;
    }

    private static string? UsageError(ParseResult parsed)
    {
        if (parsed.Action is HelpWithExamples)
            return null;

        // A word that looks like an option and is none would else be taken for an argument: a file called --jsno.
        string? odd = parsed.CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(static argument => argument.Tokens)
            .Select(static token => token.Value)
            .Concat(parsed.UnmatchedTokens)
            .FirstOrDefault(static text => text.Length > 1 && text[0] == '-');
        if (odd is not null && !parsed.Tokens.Any(static token => token.Type == TokenType.DoubleDash))
            return $"there is no option {VisibleText.Escape(odd)} here";
        if (parsed.Errors.Count == 0)
            return null;
        return parsed.UnmatchedTokens.Count > 0 && parsed.CommandResult.Command is not QosCommand
            ? $"there is no command '{VisibleText.Escape(parsed.UnmatchedTokens[0])}'"
            : parsed.Errors[0].Message;
    }

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

    // An open question cannot be called off, and who asks twice does not want to wait.
    private static void Stop(PosixSignalContext context, Terminal terminal, CancellationTokenSource stopping)
    {
        context.Cancel = true;
        if (terminal.IsAsking || stopping.IsCancellationRequested)
        {
            terminal.Error.WriteLine();
            Environment.Exit(Interrupted);
        }

        stopping.Cancel();
        // What waits in the kernel, for a pipe that nobody writes into say, does not see that.
        new Thread(static () =>
        {
            Thread.Sleep(s_grace);
            Environment.Exit(Interrupted);
        })
        { IsBackground = true }.Start();
    }
}
