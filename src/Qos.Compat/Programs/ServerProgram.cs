using System.CommandLine;
using Qos.Arguments;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary>One of the reference's servers: its options, translated to those of our program, which this process then becomes.</summary>
internal abstract class ServerProgram
{
    private readonly RootCommand _command;

    protected ServerProgram(string description) => _command = new RootCommand(description);

    /// <summary>Reads the command line and becomes our program.</summary>
    /// <returns>The exit status, when that did not happen.</returns>
    public int Run(string[] args, Screen screen)
    {
        if (args.Contains("--version", StringComparer.Ordinal) && !args.Contains("--help", StringComparer.Ordinal))
        {
            screen.Output.WriteLine($"version: {ClientCommandLine.Version}");
            return ClientCommandLine.Done;
        }

        CommandArguments arguments = ClientCommandLine.Read(_command, args);
        if (ClientCommandLine.Mistake(arguments) is { } mistake)
        {
            screen.Error.WriteLine($"Invalid input: {mistake}");
            return ClientCommandLine.Refused;
        }

        ParseResult parsed = arguments.Parsed;
        if (parsed.Action is not null)
            return parsed.Invoke(new InvocationConfiguration { Output = screen.Output, Error = screen.Error });
        try
        {
            return Start(parsed, screen);
        }
        catch (Exception e) when (e is CeremonyException or ProtocolException or FormatException or IOException or UnauthorizedAccessException)
        {
            screen.Error.WriteLine($"Error: {VisibleText.OneLine(e.Message)}");
            return ClientCommandLine.Refused;
        }
    }

    /// <summary>Parses alone, for tests.</summary>
    public ParseResult Parse(params string[] args) => ClientCommandLine.Read(_command, args).Parsed;

    /// <summary>Starts what the command line asks for.</summary>
    protected abstract int Start(ParseResult parsed, Screen screen);

    /// <summary>Takes options.</summary>
    protected void Take(params ReadOnlySpan<Option> options)
    {
        foreach (Option option in options)
            _command.Options.Add(option);
    }
}
