using Qos.Protocol;

namespace Qos.Node;

/// <summary>A file of the node could not be written or read.</summary>
public sealed class NodeFileException : IOException
{
    /// <summary>Says what failed and how it is answered, by an error that carries nothing.</summary>
    /// <param name="error">The protocol error that a request in progress is answered with.</param>
    /// <param name="message">What failed and where, for the log.</param>
    /// <param name="inner">The cause, if there is one.</param>
    public NodeFileException(ProtocolErrorCode error, string message, Exception? inner = null)
        : this(new ProtocolError(error), message, inner)
    {
    }

    /// <summary>Says what failed and how it is answered.</summary>
    /// <param name="error">The protocol error that a request in progress is answered with.</param>
    /// <param name="message">What failed and where, for the log.</param>
    /// <param name="inner">The cause, if there is one.</param>
    public NodeFileException(ProtocolError error, string message, Exception? inner = null)
        : base(message, inner)
    {
        Error = error;
    }

    /// <summary>The protocol error that a request in progress is answered with.</summary>
    public ProtocolError Error { get; }
}
