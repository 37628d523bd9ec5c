using System.Globalization;

namespace Qos.Protocol;

/// <summary>How the pivot last ended: by returning a code, or by a signal.</summary>
/// <param name="Code">The exit code, or null when a signal ended it.</param>
/// <param name="Signal">The signal's number, or null when it exited by itself.</param>
public readonly record struct PivotExit(int? Code, int? Signal)
{
    /// <summary>The signal's name, for example <c>SIGKILL</c>; its number where it has none, null when no signal ended the pivot.</summary>
    public string? SignalName => Signal is not { } signal ? null : signal switch
    {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        10 => "SIGUSR1",
        11 => "SIGSEGV",
        12 => "SIGUSR2",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => string.Create(CultureInfo.InvariantCulture, $"signal {signal}"),
    };

    /// <summary>"exited with code 3" or "was ended by SIGKILL".</summary>
    public override string ToString() => SignalName is { } signal
        ? $"was ended by {signal}"
        : string.Create(CultureInfo.InvariantCulture, $"exited with code {Code ?? 0}");
}
