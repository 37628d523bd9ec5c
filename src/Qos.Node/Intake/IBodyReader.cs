using Qos.Protocol;

namespace Qos.Node;

/// <summary>Takes the body of one message in one encoding: keeps what is decoded, passes the pivot on.</summary>
internal interface IBodyReader : IDisposable
{
    /// <summary>The encoding in which a refusal is answered.</summary>
    WireEncoding Encoding { get; }

    /// <summary>Takes the next part.</summary>
    /// <exception cref="ProtocolException">The message is refused.</exception>
    void Write(ReadOnlySpan<byte> part);

    /// <summary>Ends the body: the message with an empty pivot, which lives until disposal; the pivot is in its reception.</summary>
    /// <exception cref="ProtocolException">The message is refused.</exception>
    ReadOnlyMemory<byte> Complete();
}
