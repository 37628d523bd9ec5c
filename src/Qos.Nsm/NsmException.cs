namespace Qos.Nsm;

/// <summary>
/// The Nitro Secure Module could not be reached, or what it (or its caller) sent is not a message of its API. A refusal by the module
/// itself is no exception but an <see cref="NsmResponse.Error"/>.
/// </summary>
public sealed class NsmException : Exception
{
    /// <summary>Creates the exception with one line that says what was wrong and what to do.</summary>
    public NsmException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public NsmException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
