namespace Qos.Tokens;

/// <summary>
/// A token, its module or a token's URI was refused, or a token refuses. The message is one line that says what, where and what to do,
/// and never holds a PIN or any other secret.
/// </summary>
public sealed class TokenException : Exception
{
    /// <summary>A refusal.</summary>
    public TokenException(string message)
        : base(message)
    {
    }

    /// <summary>A refusal with what caused it.</summary>
    public TokenException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
