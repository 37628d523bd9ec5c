namespace Qos.Transport;

/// <summary>A connection or an end point failed. The message is one line: what, where, and what to do.</summary>
public sealed class TransportException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="error">What failed, for callers that decide by it.</param>
    /// <param name="message">One line for people.</param>
    /// <param name="inner">What the system said.</param>
    public TransportException(TransportError error, string message, Exception? inner = null)
        : base(message, inner)
    {
        Error = error;
    }

    /// <summary>What failed.</summary>
    public TransportError Error { get; }
}
