using System.Buffers.Binary;
using System.Text;

namespace Qos.Eif;

/// <summary>Reads the version out of a kernel, for the metadata.</summary>
public static class KernelImage
{
    /// <summary>What is said where a kernel does not tell.</summary>
    public const string Unknown = "Unknown version";

    private const int SetupSize = 0x8000;
    private const int MagicOffset = 0x202;
    private const int VersionPointerOffset = 0x20e;
    private const int MaxVersion = 64;

    /// <summary>The version that a bzImage's setup header points to, up to the first space: <c>6.12.48</c>.</summary>
    /// <returns><see cref="Unknown"/> for any other file.</returns>
    public static string VersionOf(EifPartSource kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        byte[] setup = new byte[SetupSize];
        using Stream stream = kernel.Open();
        int length = stream.ReadAtLeast(setup, setup.Length, throwOnEndOfStream: false);
        ReadOnlySpan<byte> bytes = setup.AsSpan(0, length);
        if (length < VersionPointerOffset + 2 || !bytes[MagicOffset..].StartsWith("HdrS"u8))
            return Unknown;

        int at = BinaryPrimitives.ReadUInt16LittleEndian(bytes[VersionPointerOffset..]) + 0x200;
        if (at == 0x200 || at >= length)
            return Unknown;
        ReadOnlySpan<byte> text = bytes[at..];
        int end = text.IndexOfAnyExceptInRange((byte)'!', (byte)'~');
        return end is > 0 and <= MaxVersion ? Encoding.ASCII.GetString(text[..end]) : Unknown;
    }
}
