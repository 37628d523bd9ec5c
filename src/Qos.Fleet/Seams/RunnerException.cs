namespace Qos.Fleet;

/// <summary>A runner could not do what it was asked for; the reconciler tries again later. The message is one line for an operator.</summary>
public sealed class RunnerException : Exception
{
    /// <summary>Says what failed.</summary>
    public RunnerException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
