namespace Qos.Fleet.Storage;

/// <summary>What was to be kept is there already.</summary>
public sealed class DuplicateException : Exception
{
    /// <summary>Says what.</summary>
    public DuplicateException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
