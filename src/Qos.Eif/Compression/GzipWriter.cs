using System.Buffers.Binary;

namespace Qos.Eif;

/// <summary>Gzip (RFC 1952) without a name and a time.</summary>
internal static class GzipWriter
{
    private const int Alignment = 4;

    // Magic, method deflate, no flags, no time, best compression, no system named.
    private static ReadOnlySpan<byte> Header => [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];

    /// <summary>
    /// Writes one member and zeros to a multiple of four bytes: ramdisks lie in memory one behind another, and the kernel finds an archive
    /// that is not compressed only at such an address. It skips zeros between archives.
    /// </summary>
    public static void Write(ReadOnlySpan<byte> data, Stream output)
    {
        output.Write(Header);
        var bits = new BitWriter(output);
        Deflate.Write(data, bits);
        long length = Header.Length + bits.Finish() + (2 * sizeof(uint));

        Crc32 crc = default;
        crc.Append(data);
        Span<byte> trailer = stackalloc byte[(2 * sizeof(uint)) + Alignment];
        trailer.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, crc.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[sizeof(uint)..], (uint)data.Length);
        output.Write(trailer[..((2 * sizeof(uint)) + (int)((Alignment - (length % Alignment)) % Alignment))]);
    }
}
