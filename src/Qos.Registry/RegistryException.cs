namespace Qos.Registry;

/// <summary>An image that cannot be had: the message is one line for an operator and holds no credentials.</summary>
public sealed class RegistryException : Exception
{
    /// <summary>Says what was wrong.</summary>
    public RegistryException(RegistryError error, string message, Exception? inner = null)
        : base(message, inner) => Error = error;

    /// <summary>What kind of failure it is.</summary>
    public RegistryError Error { get; }
}
