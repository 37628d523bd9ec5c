namespace Qos.Client;

/// <summary>
/// A step of a ceremony was refused: a file is not what it should be, a document does not verify, a node says no. The message is one
/// line that says what, where and what to do, and holds no secret.
/// </summary>
public sealed class CeremonyException : Exception
{
    /// <summary>A refusal.</summary>
    public CeremonyException(string message)
        : base(message)
    {
    }

    /// <summary>A refusal with what caused it.</summary>
    public CeremonyException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
