namespace Qos.Eif;

/// <summary>A ramdisk's list that cannot be made into an archive; the message says which line, why, and what should be there.</summary>
public sealed class RamdiskException : FormatException
{
    /// <summary>An error at an unknown place.</summary>
    public RamdiskException()
        : this("The ramdisk's list is malformed.")
    {
    }

    /// <summary>An error.</summary>
    /// <param name="message">What is wrong, in one line.</param>
    public RamdiskException(string message)
        : base(message)
    {
    }

    /// <summary>An error with its cause.</summary>
    /// <param name="message">What is wrong, in one line.</param>
    /// <param name="innerException">The cause.</param>
    public RamdiskException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
