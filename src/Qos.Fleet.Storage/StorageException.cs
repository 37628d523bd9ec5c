namespace Qos.Fleet.Storage;

/// <summary>A database cannot be used as it is; the message is one line for an operator.</summary>
public sealed class StorageException : Exception
{
    /// <summary>Says why.</summary>
    public StorageException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
