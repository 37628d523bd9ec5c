namespace Qos.App;

/// <summary>A request's stamp is not accepted. The message is one line for the client.</summary>
public sealed class StampException : Exception
{
    /// <summary>Makes the exception.</summary>
    public StampException(StampError error, string message, Exception? inner = null)
        : base(message, inner) => Error = error;

    /// <summary>Why.</summary>
    public StampError Error { get; }
}
