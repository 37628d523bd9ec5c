namespace Qos.Transport.Tests;

/// <summary>Gives bytes in pieces of at most one size, then the end; keeps what is written.</summary>
internal sealed class PieceStream(byte[] bytes, int piece) : Stream
{
    private int _at;

    public MemoryStream Written { get; } = new();

    public List<int> Writes { get; } = [];

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count)
    {
        int read = Math.Min(Math.Min(count, piece), bytes.Length - _at);
        bytes.AsSpan(_at, read).CopyTo(buffer.AsSpan(offset));
        _at += read;
        return read;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = Math.Min(Math.Min(buffer.Length, piece), bytes.Length - _at);
        bytes.AsSpan(_at, read).CopyTo(buffer.Span);
        _at += read;
        return new(read);
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        Writes.Add(count);
        Written.Write(buffer, offset, count);
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
