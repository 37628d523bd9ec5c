using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>Which of its forms a stored manifest or envelope has. Format: docs/protocol/manifest.md, Reading.</summary>
internal static class FormatChoice
{
    internal delegate T BorshReading<T>(ReadOnlySpan<byte> bytes, ManifestVersion version);

    internal static void RequireSize(int length)
    {
        if (length > ProtocolLimits.MaxEnvelopeBytes)
            throw new EncodingException($"more than {ProtocolLimits.MaxEnvelopeBytes} bytes", 0);
    }

    /// <summary>
    /// Whether the first character that is no white space opens an object. Borsh that does so by chance starts with a name of at least
    /// 123 bytes or with white space as its length; only then is the whole text tried as JSON.
    /// </summary>
    internal static bool LooksLikeJson(ReadOnlySpan<byte> bytes)
    {
        int first = bytes.IndexOfAnyExcept(" \t\r\n"u8);
        if (first < 0 || bytes[first] != '{')
            return false;

        // A u32 length is followed by zero bytes in all that fits the limits, and JSON never holds one.
        return !bytes[..Math.Min(bytes.Length, first + 4)].Contains((byte)0);
    }

    /// <summary>Reads Borsh as V1 and as V0; exactly one must fit.</summary>
    internal static T OneOfBorsh<T>(ReadOnlySpan<byte> bytes, BorshReading<T> read)
        where T : class
    {
        T? current = Try(bytes, ManifestVersion.V1, read, out EncodingException? failure);
        T? old = Try(bytes, ManifestVersion.V0, read, out _);
        if (current is not null && old is not null)
            throw new EncodingException("the bytes fit a V1 and a V0 manifest, so they mean neither", 0);
        return current ?? old ?? throw new EncodingException("neither JSON nor Borsh of a V1 or V0 manifest: " + failure!.Message, failure);
    }

    private static T? Try<T>(ReadOnlySpan<byte> bytes, ManifestVersion version, BorshReading<T> read, out EncodingException? failure)
        where T : class
    {
        failure = null;
        try
        {
            return read(bytes, version);
        }
        catch (EncodingException exception)
        {
            failure = exception;
            return null;
        }
    }
}
