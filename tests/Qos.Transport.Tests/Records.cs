using System.Net.Sockets;

namespace Qos.Transport.Tests;

/// <summary>Connected sockets that keep the bounds of each write, so that single writes can be seen.</summary>
internal static class Records
{
    public static async Task<(Socket Writer, Socket Reader)> PairAsync(Scratch scratch)
    {
        string path = scratch.PathOf($"r{Guid.NewGuid():N}");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        var writer = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        Task connected = writer.ConnectAsync(new UnixDomainSocketEndPoint(path));
        Socket reader = await listener.AcceptAsync();
        await connected;
        return (writer, reader);
    }

    /// <summary>The sizes of the next writes.</summary>
    public static int[] Read(Socket reader, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => reader.Receive(new byte[100_000]))];
}
