using Qos.Protocol;

namespace Qos.Node;

/// <summary>Takes the body of one message in one encoding: keeps what is decoded, passes the pivot on.</summary>
internal interface IBodyReader : IDisposable
{
    /// <summary>Takes the next part.</summary>
    /// <exception cref="ProtocolException">The message is refused.</exception>
    void Write(ReadOnlySpan<byte> part);

    /// <summary>Ends the body: the message with an empty pivot, which lives until disposal; the pivot is in its reception.</summary>
    /// <exception cref="ProtocolException">The message is refused.</exception>
    ReadOnlyMemory<byte> Complete();
}

/// <summary>Tells from a body's first bytes which encoding it is in. Format: docs/protocol/messages.md, Messages.</summary>
internal static class BodyEncoding
{
    /// <summary>How many bytes decide in any case.</summary>
    internal const int DecidingLength = 5;

    /// <summary>The encoding, or null when more bytes are needed.</summary>
    /// <remarks>
    /// Borsh begins with the message's index, at most 23. JSON begins with a letter, a bracket or white space, and of that tab, line feed
    /// and carriage return are indices too: proxy request and response, key-forward boot. In all three the next four bytes are a length
    /// below 2^24, so one of them is zero, which no byte of JSON is.
    /// </remarks>
    internal static WireEncoding? From(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
            return null;
        if (body[0] is not ((byte)'\t' or (byte)'\n' or (byte)'\r'))
            return body[0] <= (byte)MessageIndex.Last ? WireEncoding.Borsh : WireEncoding.Json;
        if (body[1..Math.Min(body.Length, DecidingLength)].Contains((byte)0))
            return WireEncoding.Borsh;
        return body.Length < DecidingLength ? null : WireEncoding.Json;
    }
}
