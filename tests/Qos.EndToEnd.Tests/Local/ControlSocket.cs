using System.Buffers.Binary;
using System.Net.Sockets;
using Qos.Protocol;

namespace Qos.EndToEnd.Local;

/// <summary>A connection straight to an enclave's control socket, for bytes that no client of ours would send.</summary>
public sealed class ControlSocket : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Socket _socket;

    private ControlSocket(Socket socket) => _socket = socket;

    /// <summary>Connects.</summary>
    /// <exception cref="SocketException">Nobody listens.</exception>
    public static async Task<ControlSocket> ConnectAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            for (int attempt = 0; ; attempt++)
            {
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
                    return new ControlSocket(socket);
                }
                catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock && attempt < 2000)
                {
                    // The listener's queue is full, and the kernel does not tell when there is room.
                    await Task.Delay(2);
                }
            }
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>One request over a connection of its own.</summary>
    public static async Task<ProtocolMessage> AskAsync(string path, ProtocolMessage request)
    {
        using ControlSocket connection = await ConnectAsync(path);
        return await connection.AskAsync(request);
    }

    /// <summary>A message as it is framed.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> body)
    {
        byte[] frame = new byte[sizeof(ulong) + body.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(frame, (ulong)body.Length);
        body.CopyTo(frame.AsSpan(sizeof(ulong)));
        return frame;
    }

    /// <summary>Sends bytes as they are.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await _socket.SendAsync(bytes)..];
    }

    /// <summary>Says that nothing more will come.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>The next message's body, or null when the enclave has closed the connection.</summary>
    public async Task<byte[]?> ReceiveAsync()
    {
        using var patience = new CancellationTokenSource(s_patience);
        byte[] length = new byte[sizeof(ulong)];
        if (!await FillAsync(length, patience.Token))
            return null;
        byte[] body = new byte[checked((int)BinaryPrimitives.ReadUInt64LittleEndian(length))];
        return await FillAsync(body, patience.Token) ? body : null;
    }

    /// <summary>Sends a body in a frame and gives the answer.</summary>
    public async Task<ProtocolMessage> AskAsync(ReadOnlyMemory<byte> body)
    {
        await SendAsync(Frame(body.Span));
        byte[] answer = await ReceiveAsync() ?? throw new IOException("the enclave closed the connection instead of answering");
        return MessageCodec.Decode(answer).Message;
    }

    /// <summary>Sends a message in JSON and gives the answer.</summary>
    public Task<ProtocolMessage> AskAsync(ProtocolMessage request) => AskAsync(MessageCodec.Encode(request, WireEncoding.Json));

    /// <summary>Closes it, whatever is under way.</summary>
    public void Dispose() => _socket.Dispose();

    private async Task<bool> FillAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        for (int at = 0; at < buffer.Length;)
        {
            int read;
            try
            {
                read = await _socket.ReceiveAsync(buffer[at..], cancellationToken);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
            {
                return false;
            }

            if (read == 0)
                return false;
            at += read;
        }

        return true;
    }
}
