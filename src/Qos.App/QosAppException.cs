namespace Qos.App;

/// <summary>The enclave's files are missing or do not fit together. The message is one line: what is wrong, where, what to do.</summary>
public sealed class QosAppException : Exception
{
    /// <summary>Makes the exception.</summary>
    public QosAppException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
