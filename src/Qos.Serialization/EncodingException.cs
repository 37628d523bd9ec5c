namespace Qos.Serialization;

/// <summary>Text or bytes from outside that do not have the form they should have (format: docs/protocol/encoding.md).</summary>
/// <remarks>
/// The message says what was expected and where; it never holds the input itself, so it may be logged even where the input was secret.
/// </remarks>
public sealed class EncodingException : FormatException
{
    /// <summary>An error at an unknown place.</summary>
    public EncodingException()
        : this("The input is malformed.")
    {
    }

    /// <summary>An error at an unknown place.</summary>
    /// <param name="message">What is wrong, in one line.</param>
    public EncodingException(string message)
        : base(message) => Offset = -1;

    /// <summary>An error at an unknown place, with its cause.</summary>
    /// <param name="message">What is wrong, in one line.</param>
    /// <param name="innerException">The cause.</param>
    public EncodingException(string message, Exception? innerException)
        : base(message, innerException) => Offset = -1;

    /// <summary>An error at a known byte; the offset is added to the message.</summary>
    /// <param name="message">What is wrong, in one line, without a full stop.</param>
    /// <param name="offset">Bytes from the start of the input, or -1 if unknown.</param>
    public EncodingException(string message, long offset)
        : base(offset < 0 ? message + "." : $"{message}, at byte {offset}.") => Offset = offset;

    /// <summary>Where the error is: bytes from the start of the input, or -1 if that is unknown.</summary>
    public long Offset { get; }
}
