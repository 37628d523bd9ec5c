namespace Qos.Fleet;

/// <summary>A deployment's executable cannot be had. The message is one line for an operator.</summary>
public sealed class PivotUnavailableException : Exception
{
    /// <summary>Says why.</summary>
    public PivotUnavailableException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
