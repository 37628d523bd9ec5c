using System.Net.Sockets;

namespace Qos.Transport.Tests;

/// <summary>Connections that send, read and end as dice decide; whatever the order, each end gets the other's bytes and its end.</summary>
public sealed class BridgeRandomTests
{
    public static TheoryData<bool, int, int, int> Cases => new()
    {
        { false, 256 * 1024, 1024 * 1024, 16 * 1024 * 1024 },
        { true, 256 * 1024, 1024 * 1024, 16 * 1024 * 1024 },
        { true, 16 * 1024, 1, 0 },
        { false, 256 * 1024, 30_000, 1 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Every_order_of_sending_reading_and_ending_is_byte_exact(bool unix, int readSize, int fairShare, int maxPending)
    {
        var limits = new BridgeLimits { ReadSize = readSize, FairShare = fairShare, MaxPending = maxPending };
        await using var rig = new BridgeRig(unix, limits);
        for (int seed = 1; seed <= 12; seed++)
        {
            (Socket client, Socket target) = await rig.JoinAsync();
            var random = new Random(seed);
            byte[] up = Pipes.Bytes(random.Next(4) == 0 ? 0 : random.Next(3_000_000), seed);
            byte[] down = Pipes.Bytes(random.Next(4) == 0 ? 0 : random.Next(3_000_000), -seed);
            int clientSeed = random.Next(), targetSeed = random.Next();
            byte[][] got = await Task.WhenAll(PlayAsync(client, up, clientSeed), PlayAsync(target, down, targetSeed));
            Assert.True(got[0].AsSpan().SequenceEqual(down), $"seed {seed}: the client got {got[0].Length} bytes, {down.Length} were sent");
            Assert.True(got[1].AsSpan().SequenceEqual(up), $"seed {seed}: the target got {got[1].Length} bytes, {up.Length} were sent");
        }

        BridgeRig.Until(() => rig.Bridge.Counters is { Open: 0, Reset: 0 }, "all closed, none reset");
    }

    // One end: it writes in pieces, and reads at once or only after it wrote a part.
    private static async Task<byte[]> PlayAsync(Socket socket, byte[] bytes, int seed)
    {
        using Socket owned = socket;
        var random = new Random(seed);
        int early = random.Next(bytes.Length + 1) / 20;
        await SendPiecesAsync(socket, bytes.AsMemory(0, early), random);
        Task<byte[]> reading = BridgeRig.ReceiveAllAsync(socket);
        await SendPiecesAsync(socket, bytes.AsMemory(early), random);
        socket.Shutdown(SocketShutdown.Send);
        return await reading;
    }

    private static async Task SendPiecesAsync(Socket socket, ReadOnlyMemory<byte> bytes, Random random)
    {
        while (!bytes.IsEmpty)
        {
            int piece = Math.Min(bytes.Length, 1 + random.Next(random.Next(2) == 0 ? 2000 : 300_000));
            await BridgeRig.SendAllAsync(socket, bytes[..piece]);
            bytes = bytes[piece..];
        }
    }
}
