namespace Qos.Eif;

/// <summary>An image that is not what it should be, or one that cannot be built. Format: docs/protocol/eif.md, File.</summary>
/// <remarks>The message says in one line what was found, where, and what should be there; it never holds control characters from the file.</remarks>
public sealed class EifException : FormatException
{
    /// <summary>An error at an unknown place.</summary>
    public EifException()
        : this("The image is malformed.")
    {
    }

    /// <summary>An error at an unknown place.</summary>
    /// <param name="message">What is wrong, in one line.</param>
    public EifException(string message)
        : base(message) => Offset = -1;

    /// <summary>An error at an unknown place, with its cause.</summary>
    /// <param name="message">What is wrong, in one line.</param>
    /// <param name="innerException">The cause.</param>
    public EifException(string message, Exception? innerException)
        : base(message, innerException) => Offset = -1;

    /// <summary>An error at a known byte; the offset is added to the message.</summary>
    /// <param name="message">What is wrong, in one line, without a full stop.</param>
    /// <param name="offset">Bytes from the start of the file.</param>
    public EifException(string message, long offset)
        : base($"{message}, at byte {offset}.") => Offset = offset;

    /// <summary>Where the error is: bytes from the start of the file, or -1 if that is unknown.</summary>
    public long Offset { get; }
}
