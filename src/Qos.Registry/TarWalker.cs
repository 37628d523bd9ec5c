using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Qos.Registry;

/// <summary>
/// Reads a tar stream entry by entry: ustar, with PAX and GNU names. The framework's reader holds extended headers of any size; this one holds at
/// most <see cref="MaxExtension"/> bytes of what a stranger wrote.
/// </summary>
internal sealed class TarWalker(Stream tar, RegistryLimits limits)
{
    private const int BlockSize = 512;
    private const int MaxExtension = 256 * 1024;
    private readonly byte[] _block = new byte[BlockSize];
    private readonly byte[] _skip = new byte[64 * 1024];
    private long _unread;
    private long _padding;
    private long _total;
    private int _entries;

    /// <summary>The next entry; null at the end. Content of the one before that was not read is passed over.</summary>
    public async Task<TarEntry?> NextAsync(CancellationToken cancellationToken)
    {
        string? path = null, link = null;
        long? size = null;
        while (true)
        {
            await SkipAsync(_unread + _padding, cancellationToken).ConfigureAwait(false);
            _unread = _padding = 0;
            int read = await tar.ReadAtLeastAsync(_block, BlockSize, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            if (read == 0 || (read == BlockSize && _block.AsSpan().IndexOfAnyExcept((byte)0) < 0))
                return null;
            if (read < BlockSize)
                throw Malformed("it ends in the middle of an entry");
            Count(BlockSize);
            if (++_entries > limits.Entries)
                throw new RegistryException(RegistryError.TooLarge, $"A layer has more than {limits.Entries} entries.");
            RequireChecksum();

            char kind = (char)_block[156];
            long length = Number(_block.AsSpan(124, 12));
            switch (kind)
            {
                case 'x':
                    (path, link, size) = Extended(await ExtensionAsync(length, cancellationToken).ConfigureAwait(false), path, link, size);
                    continue;
                case 'g':
                    await ExtensionAsync(length, cancellationToken).ConfigureAwait(false);
                    continue;
                case 'L':
                    path = Text(await ExtensionAsync(length, cancellationToken).ConfigureAwait(false));
                    continue;
                case 'K':
                    link = Text(await ExtensionAsync(length, cancellationToken).ConfigureAwait(false));
                    continue;
                default:
                    var entry = new TarEntry(ImagePath.Normalize(path ?? HeaderPath()), kind, link ?? Text(_block.AsSpan(157, 100)), size ?? length);

                    // Only files have content; some writers leave a size on links.
                    Expect(entry.IsFile || !(entry.IsHardLink || entry.IsSymbolicLink || entry.IsFolder) ? entry.Size : 0);
                    return entry;
            }
        }
    }

    /// <summary>Gives the content of the entry that was just returned, piece by piece.</summary>
    public async Task CopyAsync(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> take, CancellationToken cancellationToken)
    {
        while (_unread > 0)
        {
            int read = await tar.ReadAsync(_skip.AsMemory(0, (int)Math.Min(_skip.Length, _unread)), cancellationToken).ConfigureAwait(false);
            if (read == 0)
                throw Malformed("it ends in the middle of a file");
            Count(read);
            _unread -= read;
            await take(_skip.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads on to the end of the stream, so that everything was counted and hashed.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        for (int read; (read = await tar.ReadAsync(_skip, cancellationToken).ConfigureAwait(false)) > 0;)
            Count(read);
    }

    private void Expect(long length)
    {
        if (length < 0)
            throw Malformed("an entry has a negative size");
        _unread = length;
        _padding = (BlockSize - (length % BlockSize)) % BlockSize;
    }

    private async Task<byte[]> ExtensionAsync(long length, CancellationToken cancellationToken)
    {
        if (length is < 0 or > MaxExtension)
            throw new RegistryException(RegistryError.TooLarge, $"A layer holds a name or header of {length} bytes; at most {MaxExtension} are read.");
        Expect(length);
        byte[] bytes = new byte[length];
        int at = 0;
        await CopyAsync((piece, _) => Append(piece), cancellationToken).ConfigureAwait(false);
        return bytes;

        ValueTask Append(ReadOnlyMemory<byte> piece)
        {
            piece.CopyTo(bytes.AsMemory(at));
            at += piece.Length;
            return ValueTask.CompletedTask;
        }
    }

    private async Task SkipAsync(long count, CancellationToken cancellationToken)
    {
        while (count > 0)
        {
            int read = await tar.ReadAsync(_skip.AsMemory(0, (int)Math.Min(_skip.Length, count)), cancellationToken).ConfigureAwait(false);
            if (read == 0)
                throw Malformed("it ends in the middle of a file");
            Count(read);
            count -= read;
        }
    }

    private void Count(long bytes)
    {
        _total += bytes;
        if (_total > limits.UnpackedLayerBytes)
            throw new RegistryException(RegistryError.TooLarge, $"A layer unpacks to more than {limits.UnpackedLayerBytes} bytes.");
    }

    // The sum over the header, its own eight bytes taken as spaces.
    private void RequireChecksum()
    {
        long sum = 0;
        for (int i = 0; i < BlockSize; i++)
            sum += i is >= 148 and < 156 ? ' ' : _block[i];
        if (sum != Number(_block.AsSpan(148, 8)))
            throw Malformed("an entry's checksum does not hold");
    }

    private string HeaderPath()
    {
        string name = Text(_block.AsSpan(0, 100));
        bool isUstar = _block.AsSpan(257, 6).SequenceEqual("ustar\0"u8);
        string prefix = isUstar ? Text(_block.AsSpan(345, 155)) : "";
        return prefix.Length == 0 ? name : $"{prefix}/{name}";
    }

    private static (string? Path, string? Link, long? Size) Extended(byte[] records, string? path, string? link, long? size)
    {
        ReadOnlySpan<byte> rest = records;
        while (!rest.IsEmpty)
        {
            int space = rest.IndexOf((byte)' ');
            if (space <= 0 || !int.TryParse(rest[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length <= space + 1 || length > rest.Length)
                throw Malformed("a PAX header is not of its form");
            ReadOnlySpan<byte> record = rest[(space + 1)..length].TrimEnd((byte)'\n');
            int equals = record.IndexOf((byte)'=');
            if (equals <= 0)
                throw Malformed("a PAX header is not of its form");
            ReadOnlySpan<byte> key = record[..equals], value = record[(equals + 1)..];
            if (key.SequenceEqual("path"u8))
                path = Encoding.UTF8.GetString(value);
            else if (key.SequenceEqual("linkpath"u8))
                link = Encoding.UTF8.GetString(value);
            else if (key.SequenceEqual("size"u8))
                size = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) ? bytes : throw Malformed("a PAX size is no number");
            rest = rest[length..];
        }

        return (path, link, size);
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    // Octal text, or GNU's binary form with the top bit set.
    private static long Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
            return field.Length == 12 ? BinaryPrimitives.ReadInt64BigEndian(field[4..]) : throw Malformed("a number is not octal");
        long value = 0;
        foreach (byte digit in field.Trim((ReadOnlySpan<byte>)[(byte)' ', 0]))
        {
            if (digit is < (byte)'0' or > (byte)'7')
                throw Malformed("a number is not octal");
            value = (value << 3) | (long)(digit - '0');
        }

        return value;
    }

    private static RegistryException Malformed(string what) => new(RegistryError.Untrusted, $"A layer is not a tar archive: {what}.");
}
