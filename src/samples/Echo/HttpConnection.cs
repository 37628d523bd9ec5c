namespace Qos.Sample.Echo;

/// <summary>
/// Reads requests from one connection, one after the other. Memory grows with what has arrived, up to the limits of
/// <see cref="HttpHead"/>, never with what a length announces.
/// </summary>
public sealed class HttpConnection(Stream stream)
{
    private static ReadOnlySpan<byte> HeadEnd => "\r\n\r\n"u8;

    private byte[] _buffer = new byte[4096];
    private int _filled;

    /// <summary>Whether the peer wants to go on after the last request.</summary>
    public bool KeepAlive { get; private set; }

    /// <summary>The next request, or null when the peer is done.</summary>
    /// <exception cref="HttpRefusedException">It is not one that this server takes.</exception>
    /// <exception cref="EndOfStreamException">The peer left in the middle.</exception>
    public async Task<HttpRequest?> ReadAsync(CancellationToken cancellation)
    {
        KeepAlive = false;
        int headLength;
        while ((headLength = _buffer.AsSpan(0, _filled).IndexOf(HeadEnd)) < 0)
        {
            if (_filled >= HttpHead.MaxSize)
                throw new HttpRefusedException(431, "A request's head has at most 16 KiB.");
            if (!await FillAsync(HttpHead.MaxSize, cancellation).ConfigureAwait(false))
                return _filled == 0 ? null : throw new EndOfStreamException();
        }

        HttpHead head = HttpHead.Parse(_buffer.AsSpan(0, headLength));
        int start = headLength + HeadEnd.Length;
        int end = start + head.ContentLength;
        if (head.ExpectsContinue && _filled < end)
            await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), cancellation).ConfigureAwait(false);
        while (_filled < end)
        {
            if (!await FillAsync(end, cancellation).ConfigureAwait(false))
                throw new EndOfStreamException();
        }

        byte[] body = _buffer[start..end];
        _buffer.AsSpan(end, _filled - end).CopyTo(_buffer);
        _filled -= end;
        KeepAlive = head.KeepAlive;
        return new HttpRequest(head.Method, head.Path, body);
    }

    // Reads some more, up to a total; false at the stream's end.
    private async Task<bool> FillAsync(int limit, CancellationToken cancellation)
    {
        if (_filled == _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(_filled + 1, Math.Min(2 * _filled, Math.Max(limit, _filled))));

        int read = await stream.ReadAsync(_buffer.AsMemory(_filled), cancellation).ConfigureAwait(false);
        _filled += read;
        return read > 0;
    }
}
