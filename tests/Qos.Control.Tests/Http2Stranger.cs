using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Qos.Control.Tests;

/// <summary>A client of HTTP/2 that writes each frame itself, so that it can write what no library does.</summary>
internal sealed class Http2Stranger : IAsyncDisposable
{
    private readonly SslStream _stream;
    private int _lastStream = -1;

    private Http2Stranger(SslStream stream) => _stream = stream;

    public enum Frame : byte
    {
        Data = 0,
        Headers = 1,
        Reset = 3,
        Settings = 4,
        GoAway = 7,
    }

    public static async Task<Http2Stranger> ConnectAsync(Socket socket, string host)
    {
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true), leaveInnerStreamOpen: false);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = host,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
#pragma warning disable CA5359 // The server's certificate is not what is tested.
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
        });
        var stranger = new Http2Stranger(stream);
        await stranger.SendAsync([.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Make(Frame.Settings, 0, 0, [])]);
        return stranger;
    }

    /// <summary>The number of a new stream.</summary>
    public int NextStream() => _lastStream += 2;

    public static byte[] Make(Frame type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        (frame[3], frame[4]) = ((byte)type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    /// <summary>A list of headers, each as a literal without an index (RFC 7541, 6.2.2); values of less than 127 bytes.</summary>
    public static byte[] Headers(params IEnumerable<(string Name, string Value)> headers)
    {
        var bytes = new List<byte>();
        foreach ((string name, string value) in headers)
            bytes.AddRange([0, (byte)name.Length, .. Encoding.Latin1.GetBytes(name), (byte)value.Length, .. Encoding.Latin1.GetBytes(value)]);
        return [.. bytes];
    }

    public ValueTask SendAsync(byte[] bytes) => _stream.WriteAsync(bytes);

    /// <summary>The next frame; null when the server has closed the connection.</summary>
    public async Task<(Frame Type, byte Flags, int Stream, byte[] Payload)?> ReceiveAsync()
    {
        byte[] head = new byte[9];
        try
        {
            await _stream.ReadExactlyAsync(head);
            byte[] payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head) >>> 8];
            await _stream.ReadExactlyAsync(payload);
            return ((Frame)head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>How a stream ends: with an answer, whose body this is; null when it or the connection is refused.</summary>
    public async Task<string?> AnswerAsync(int stream)
    {
        string body = "";
        while (await ReceiveAsync() is { } frame)
        {
            if (frame.Type == Frame.GoAway || (frame.Type == Frame.Reset && frame.Stream == stream))
                return null;
            if (frame.Type == Frame.Data && frame.Stream == stream)
                body += Encoding.UTF8.GetString(frame.Payload);
            if (frame.Type is Frame.Data or Frame.Headers && frame.Stream == stream && (frame.Flags & 1) != 0)
                return body;
        }

        return null;
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
