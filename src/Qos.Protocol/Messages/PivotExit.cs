namespace Qos.Protocol;

/// <summary>How the pivot last ended: by returning a code, or by a signal.</summary>
/// <param name="Code">The exit code, or null when a signal ended it.</param>
/// <param name="Signal">The signal's number, or null when it exited by itself.</param>
public readonly record struct PivotExit(int? Code, int? Signal)
{
    /// <summary>"exited with code 3" or "was ended by signal 9".</summary>
    public override string ToString() =>
        Signal is { } signal ? $"was ended by signal {signal}" : $"exited with code {Code ?? 0}";
}
