namespace Qos.Eif;

/// <summary>What a kernel takes as its command line: printable ASCII, at most 2047 bytes.</summary>
internal static class KernelCommandLine
{
    /// <param name="bytes">The text.</param>
    /// <param name="offset">Where it begins in the file, for the message.</param>
    public static void Require(ReadOnlySpan<byte> bytes, long offset)
    {
        if (bytes.Length > EifFormat.MaxCommandLine)
            throw new EifException($"the command line has {bytes.Length} bytes; the kernel cuts it after {EifFormat.MaxCommandLine}", offset);
        int odd = bytes.IndexOfAnyExceptInRange((byte)' ', (byte)'~');
        if (odd >= 0)
            throw new EifException($"the command line holds the byte 0x{bytes[odd]:x2}; printable ASCII is what a kernel takes", offset + odd);
    }
}
