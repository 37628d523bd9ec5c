namespace Qos.App;

/// <summary>Records that came back from a store are not those that the application signed. The message is one line.</summary>
public sealed class StateException : Exception
{
    /// <summary>Makes the exception.</summary>
    public StateException(StateError error, string message, Exception? inner = null)
        : base(message, inner) => Error = error;

    /// <summary>What is wrong.</summary>
    public StateError Error { get; }
}
