using Qos.Protocol;

namespace Qos.Node;

/// <summary>Tells from a body's first bytes which encoding it is in. Specification: protocol, Messages.</summary>
internal static class BodyEncoding
{
    /// <summary>How many bytes decide in any case.</summary>
    internal const int DecidingLength = 5;

    /// <summary>The encoding, or null when more bytes are needed.</summary>
    /// <remarks>
    /// Borsh begins with the number of the message, at most 23. JSON begins with a letter, a bracket or white space, and of that tab,
    /// line feed and carriage return are numbers of messages too: proxy request and response, key-forward boot. In all three the next
    /// four bytes are a length below 2^24, so one of them is zero, which no byte of JSON is.
    /// </remarks>
    internal static WireEncoding? Of(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
            return null;
        if (body[0] is not ((byte)'\t' or (byte)'\n' or (byte)'\r'))
            return body[0] <= 23 ? WireEncoding.Borsh : WireEncoding.Json;
        if (body[1..Math.Min(body.Length, DecidingLength)].Contains((byte)0))
            return WireEncoding.Borsh;
        return body.Length < DecidingLength ? null : WireEncoding.Json;
    }
}
