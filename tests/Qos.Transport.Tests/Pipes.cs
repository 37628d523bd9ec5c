using System.Net.Sockets;

namespace Qos.Transport.Tests;

/// <summary>Connected pairs of streams, and bytes to send over them.</summary>
internal static class Pipes
{
    /// <summary>Two ends of one Unix connection.</summary>
    public static async Task<(EnclaveStream Ours, Socket Theirs)> PairAsync(Scratch scratch, int chunk = int.MaxValue)
    {
        string path = scratch.PathOf($"p{Guid.NewGuid():N}");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        var theirs = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        Task connected = theirs.ConnectAsync(new UnixDomainSocketEndPoint(path));
        Socket ours = await listener.AcceptAsync();
        await connected;
        return (new EnclaveStream(ours, chunk), theirs);
    }

    public static byte[] Bytes(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static byte[] Frame(ReadOnlySpan<byte> body) => [.. BitConverter.GetBytes((long)body.Length), .. body];
}
