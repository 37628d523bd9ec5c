using System.IO.Compression;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Qos.Registry;

/// <summary>Decompresses a layer by what its first bytes are: gzip, zstd or plain tar. A media type that lies changes nothing.</summary>
internal static class LayerCompression
{
    // A frame may ask for a window up to here; it is memory that a stranger chooses.
    private const int MaxWindowLog = 25;

    public static async Task<Stream> OpenAsync(Stream blob, CancellationToken cancellationToken)
    {
        byte[] head = new byte[4];
        int read = await blob.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        var whole = new PrefixedStream(head.AsMemory(0, read), blob);
        return head switch
        {
            [0x1f, 0x8b, ..] => new GZipStream(whole, CompressionMode.Decompress),
            [0x28, 0xb5, 0x2f, 0xfd] => Zstd(whole),
            _ => whole,
        };
    }

    private static DecompressionStream Zstd(Stream blob)
    {
        var stream = new DecompressionStream(blob);
        stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, MaxWindowLog);
        return stream;
    }
}
