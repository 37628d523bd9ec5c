using System.CommandLine;

namespace Qos.Cli;

/// <summary>One run of a command, with the terminal it runs in.</summary>
internal sealed class QosInvocation : InvocationConfiguration
{
    public QosInvocation(Terminal terminal, Settings settings)
    {
        Terminal = terminal;
        Settings = settings;
        Output = terminal.Output;
        Error = terminal.Error;
        EnableDefaultExceptionHandler = false;
        ProcessTerminationTimeout = null;
    }

    /// <summary>What the command shows on and asks through.</summary>
    public Terminal Terminal { get; }

    /// <summary>What the environment and the profile say.</summary>
    public Settings Settings { get; }
}
