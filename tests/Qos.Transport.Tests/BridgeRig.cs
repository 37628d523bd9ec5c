using System.Net;
using System.Net.Sockets;

namespace Qos.Transport.Tests;

/// <summary>A pump with one bridge and a listener behind it, so that both ends of a bridged connection are at hand.</summary>
internal sealed class BridgeRig : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly Scratch _scratch = new();

    public BridgeRig(bool unixTarget = false, BridgeLimits? limits = null, BridgePumpOptions? options = null)
    {
        Server = new Socket(unixTarget ? AddressFamily.Unix : AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Unspecified);
        Server.Bind(unixTarget ? new UnixDomainSocketEndPoint(_scratch.PathOf("t")) : new IPEndPoint(IPAddress.Loopback, 0));
        Server.Listen(4096);
        Pump = new BridgePump((options ?? new BridgePumpOptions()) with { Notify = notice => { lock (Notices) Notices.Add(notice); } }, limits);
        Bridge = Pump.Listen(
            new IPEndPoint(IPAddress.Loopback, 0),
            unixTarget ? new UnixDomainSocketEndPoint(_scratch.PathOf("t")) : Server.LocalEndPoint!,
            "app");
    }

    public Socket Server { get; }

    public BridgePump Pump { get; }

    public Bridge Bridge { get; }

    public List<BridgeNotice> Notices { get; } = [];

    /// <summary>A client's socket, connected to the bridge.</summary>
    public async Task<Socket> DialAsync()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(Bridge.Listening).WaitAsync(Patience);
        return client;
    }

    /// <summary>Both ends of one bridged connection.</summary>
    public async Task<(Socket Client, Socket Target)> JoinAsync()
    {
        Socket client = await DialAsync();
        return (client, await Server.AcceptAsync().WaitAsync(Patience));
    }

    /// <summary>Waits for a state that the loops bring about.</summary>
    public static void Until(Func<bool> condition, string what) =>
        Assert.True(SpinWait.SpinUntil(condition, Patience), $"did not happen: {what}");

    /// <summary>Keeps the loop of a pump that has one from doing anything.</summary>
    /// <param name="pump">The pump; by the end of the call it is held.</param>
    /// <param name="release">Lets it go on.</param>
    /// <returns>Ends when it goes on.</returns>
    public static async Task<Task> HoldAsync(BridgePump pump, ManualResetEventSlim release)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task held = pump.OnEveryLoopAsync(_ =>
        {
            begun.SetResult();
            release.Wait(TimeSpan.FromMinutes(1));
        });
        await begun.Task;
        return held;
    }

    /// <summary>Waits for the one thing that the operator is told; a client may see a reset before.</summary>
    public void UntilNotice(BridgeNoticeKind kind)
    {
        Until(() => { lock (Notices) return Notices.Count > 0; }, "a notice");
        lock (Notices)
            Assert.Equal(kind, Assert.Single(Notices).Kind);
    }

    public static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await socket.SendAsync(bytes).AsTask().WaitAsync(Patience)..];
    }

    /// <summary>Reads to the end of the stream.</summary>
    public static async Task<byte[]> ReceiveAllAsync(Socket socket)
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[100_000];
        int read;
        while ((read = await socket.ReceiveAsync(buffer).WaitAsync(Patience)) != 0)
            all.Write(buffer, 0, read);
        return all.ToArray();
    }

    public static async Task<byte[]> ReceiveAsync(Socket socket, int count)
    {
        byte[] buffer = new byte[count];
        for (int at = 0; at < count;)
        {
            int read = await socket.ReceiveAsync(buffer.AsMemory(at)).AsTask().WaitAsync(Patience);
            Assert.True(read > 0, $"the stream ended after {at} of {count} bytes");
            at += read;
        }

        return buffer;
    }

    public async ValueTask DisposeAsync()
    {
        await Pump.DisposeAsync();
        Server.Dispose();
        _scratch.Dispose();
    }
}
