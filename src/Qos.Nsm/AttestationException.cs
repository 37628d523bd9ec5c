namespace Qos.Nsm;

/// <summary>An attestation document was refused.</summary>
public sealed class AttestationException : Exception
{
    /// <summary>Creates the exception with the reason and one line that says where and what was found.</summary>
    public AttestationException(AttestationError error, string message)
        : base(message) => Error = error;

    /// <summary>Creates the exception with its cause.</summary>
    public AttestationException(AttestationError error, string message, Exception innerException)
        : base(message, innerException) => Error = error;

    /// <summary>The reason.</summary>
    public AttestationError Error { get; }
}
