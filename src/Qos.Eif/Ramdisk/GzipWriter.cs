using System.Buffers.Binary;
using System.IO.Hashing;
using ICSharpCode.SharpZipLib.Zip.Compression;

namespace Qos.Eif;

/// <summary>
/// Gzip (RFC 1952) without a name and a time. A ramdisk's bytes are measured, so the compressor is a managed one at a pinned version: the
/// framework's is zlib or one of its successors, whichever the runtime carries, and their output differs.
/// </summary>
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
        long length = Header.Length + Deflate(data.ToArray(), output) + (2 * sizeof(uint));
        Span<byte> trailer = stackalloc byte[(2 * sizeof(uint)) + Alignment];
        trailer.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, Crc32.HashToUInt32(data));
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[sizeof(uint)..], (uint)data.Length);
        output.Write(trailer[..((2 * sizeof(uint)) + (int)((Alignment - (length % Alignment)) % Alignment))]);
    }

    private static long Deflate(byte[] data, Stream output)
    {
        var deflater = new Deflater(Deflater.BEST_COMPRESSION, noZlibHeaderOrFooter: true);
        deflater.SetInput(data);
        deflater.Finish();
        byte[] piece = new byte[EifFormat.BufferSize];
        while (!deflater.IsFinished)
            output.Write(piece, 0, deflater.Deflate(piece));
        return deflater.TotalOut;
    }
}
