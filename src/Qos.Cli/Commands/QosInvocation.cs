using System.CommandLine;

namespace Qos.Cli;

/// <summary>One run of a command, with the terminal it runs in.</summary>
internal sealed class QosInvocation : InvocationConfiguration
{
    public QosInvocation(Terminal terminal)
    {
        Terminal = terminal;
        Output = terminal.Output;
        Error = terminal.Error;
        EnableDefaultExceptionHandler = false;
        ProcessTerminationTimeout = null;
    }

    /// <summary>What the command shows on and asks through.</summary>
    public Terminal Terminal { get; }
}
