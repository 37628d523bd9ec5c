using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Qos.Transport.Tests;

/// <summary>What the pump takes from its process. These tests look at the whole process, so no other runs beside them.</summary>
[CollectionDefinition("costs", DisableParallelization = true)]
public sealed class CostsDefinition;

[Collection("costs")]
public sealed partial class BridgeCostTests
{
    private const int RLIMIT_NOFILE = 7;
    private const int EMFILE = 24;

    [Fact]
    public async Task An_idle_connection_costs_less_than_a_kibibyte()
    {
        const int count = 1000;
        await using var rig = new BridgeRig();
        using (Socket warm = await rig.DialAsync())
            BridgeRig.Until(() => rig.Bridge.Counters.Open == 1, "warm");
        Socket[] clients = [.. Enumerable.Range(0, count).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        foreach (Socket client in clients)
            client.Connect(rig.Bridge.Listening);
        BridgeRig.Until(() => rig.Bridge.Counters.Open >= count, "all are open");
        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / count;
        Assert.InRange(each, 0, 1024);
        foreach (Socket client in clients)
            client.Dispose();
    }

    [Fact]
    public async Task Bytes_that_flow_allocate_nothing()
    {
        await using var rig = new BridgeRig();
        (Socket client, Socket target) = await rig.JoinAsync();
        byte[] sent = new byte[65536], got = new byte[65536];
        Flow(client, target, sent, got, 100);

        // Other threads of the test run allocate now and then; what the flow itself cost would be in every measurement.
        long least = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Flow(client, target, sent, got, 2000);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.InRange(least, 0, 64 * 1024);
    }

    [Fact]
    public async Task Pipes_of_connections_that_were_aborted_in_bulk_are_closed()
    {
        await using var rig = new BridgeRig();
        int before = 0;
        for (int round = 0; round < 40; round++)
        {
            (Socket client, Socket target) = await rig.JoinAsync();
            client.Blocking = false;
            byte[] bytes = new byte[1024 * 1024];
            BridgeRig.Until(
                () =>
                {
                    try
                    {
                        client.Send(bytes);
                        return false;
                    }
                    catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
                    {
                        return !client.Poll(20_000, SelectMode.SelectWrite);
                    }
                },
                "the receiver is behind");
            target.LingerState = new LingerOption(true, 0);
            target.Dispose();
            client.Dispose();
            BridgeRig.Until(() => rig.Bridge.Counters.Open == 0, "closed");
            if (round == 9)
                before = Directory.GetFiles("/proc/self/fd").Length;
        }

        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, before + 20);
    }

    [Fact]
    public async Task Without_descriptors_connections_wait_and_come_in_when_there_are_some_again()
    {
        var time = new FakeTime();
        await using var rig = new BridgeRig(options: new BridgePumpOptions { Time = time });
        Socket[] clients = [.. Enumerable.Range(0, 5).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))];
        using (var fill = new Descriptors())
        {
            foreach (Socket client in clients)
                client.Connect(rig.Bridge.Listening);
            BridgeRig.Until(() => { lock (rig.Notices) return rig.Notices.Any(notice => notice.Kind == BridgeNoticeKind.OutOfResources); }, "paused");
            Assert.Equal(0, rig.Bridge.Counters.Accepted);
        }

        BridgeRig.Until(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return rig.Bridge.Counters.Open == 5;
        }, "all came in");
        foreach (Socket client in clients)
            client.Dispose();
    }

    [Fact]
    public async Task A_lack_of_descriptors_is_not_taken_for_a_target_that_is_away()
    {
        await using var rig = new BridgeRig();
        rig.Bridge.TargetAnswers(false, EMFILE);
        rig.Bridge.TargetAnswers(true, 0);
        BridgeNotice said = Assert.Single(rig.Notices);
        Assert.Equal((BridgeNoticeKind.OutOfResources, true), (said.Kind, said.Message.EndsWith("cannot connect (Too many open files); raise the limit of open files if this stays", StringComparison.Ordinal)));
    }

    private static void Flow(Socket client, Socket target, byte[] sent, byte[] got, int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            client.Send(sent);
            for (int at = 0; at < got.Length;)
                at += target.Receive(got, at, got.Length - at, SocketFlags.None);
        }
    }

    /// <summary>Uses up what descriptors the process may have, until disposed.</summary>
    private sealed partial class Descriptors : IDisposable
    {
        private readonly List<int> _taken = [];
        private readonly ulong[] _limit = new ulong[2];

        public Descriptors()
        {
            Assert.Equal(0, getrlimit(RLIMIT_NOFILE, _limit));
            int highest = Directory.GetFiles("/proc/self/fd").Max(path => int.Parse(Path.GetFileName(path), System.Globalization.CultureInfo.InvariantCulture));
            Assert.Equal(0, setrlimit(RLIMIT_NOFILE, [(ulong)highest + 1, _limit[1]]));
            int fd;
            while ((fd = dup(0)) >= 0)
                _taken.Add(fd);
        }

        public void Dispose()
        {
            _taken.ForEach(fd => _ = close(fd));
            Assert.Equal(0, setrlimit(RLIMIT_NOFILE, _limit));
        }

        [LibraryImport("libc")]
        private static partial int getrlimit(int resource, [Out] ulong[] limit);

        [LibraryImport("libc")]
        private static partial int setrlimit(int resource, ulong[] limit);

        [LibraryImport("libc")]
        private static partial int dup(int fd);

        [LibraryImport("libc")]
        private static partial int close(int fd);
    }
}
