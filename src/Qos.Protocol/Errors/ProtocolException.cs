namespace Qos.Protocol;

/// <summary>A refusal by the protocol's rules; it becomes the answer's error. Format: docs/protocol/messages.md, Errors.</summary>
public sealed class ProtocolException : Exception
{
    /// <summary>A refusal with an error.</summary>
    public ProtocolException(ProtocolError error)
        : base(error.ToString()) => Error = error;

    /// <summary>A refusal with an error that carries nothing.</summary>
    public ProtocolException(ProtocolErrorCode code)
        : this(new ProtocolError(code))
    {
    }

    /// <summary>A refusal with an error that carries nothing, with a detail in words, which is logged and never sent.</summary>
    public ProtocolException(ProtocolErrorCode code, string detail, Exception? inner = null)
        : base($"{code}: {detail}", inner) => Error = new ProtocolError(code);

    /// <summary>What goes over the wire.</summary>
    public ProtocolError Error { get; }
}
