using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Qos.Bench.Bridge;

/// <summary>
/// Both halves of a bridge in a row, joined by a Unix socket, against two socat in a row, which take turns on the same
/// machine. All four are processes of their own.
/// </summary>
internal sealed class BridgeBenchmark : IBenchmark
{
    private const int IdleConnections = 1000;
    private const int IdleSocat = 100;

    public string Name => "bridge";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options)
    {
        string folder = Directory.CreateTempSubdirectory("qb").FullName;
        try
        {
            LoadGenerator load = await LoadGenerator.CompileAsync(folder);
            int server = FreePort(), ours = FreePort(), theirs = FreePort();
            using ChildProcess target = load.StartServer(server, IdleConnections + 200);
            using ChildProcess inner = ChildProcess.StartSelf("half", $"{folder}/o", $"127.0.0.1:{server}");
            using ChildProcess outer = ChildProcess.StartSelf("half", $"127.0.0.1:{ours}", $"{folder}/o");
            using ChildProcess socatInner = ChildProcess.Start(
                "socat", "-b", "65536", $"UNIX-LISTEN:{folder}/s,fork,backlog=1024", $"TCP:127.0.0.1:{server},nodelay");
            using ChildProcess socatOuter = ChildProcess.Start(
                "socat", "-b", "65536", $"TCP-LISTEN:{theirs},fork,reuseaddr,nodelay,backlog=1024", $"UNIX-CONNECT:{folder}/s");
            foreach (int port in (int[])[server, ours, theirs])
                await AnswersAsync(port);

            // Compiled code is what a bridge that runs for days is measured by.
            await load.RunAsync("ping", ours, 4, 1);
            await load.RunAsync("cps", ours, 8, 1);

            var rows = new List<BenchRow>();
            foreach ((string mode, int connections) in ((string, int)[])[("up", 1), ("down", 1), ("up", 8), ("down", 8)])
                rows.Add(await CompareAsync(load, mode, connections, ours, theirs, options));
            rows.Add(await CompareAsync(load, "ping", 1, ours, theirs, options));
            rows.Add(await CompareAsync(load, "ping", 8, ours, theirs, options));
            rows.Add(await CompareAsync(load, "cps", 8, ours, theirs, options));
            rows.Add(await MemoryAsync([inner, outer], [socatInner, socatOuter], ours, theirs));
            return rows;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<BenchRow> CompareAsync(
        LoadGenerator load, string mode, int connections, int ours, int theirs, BenchOptions options)
    {
        var own = new List<LoadResult>();
        var other = new List<LoadResult>();
        for (int round = 0; round < options.Rounds; round++)
        {
            own.Add(await load.RunAsync(mode, ours, connections, options.Seconds));
            other.Add(await load.RunAsync(mode, theirs, connections, options.Seconds));
        }

        string plural = connections == 1 ? "1 connection" : $"{connections} connections";
        return mode switch
        {
            "ping" => Row($"p50 round trip of 64 bytes, {plural}", own, other, result => result.P50, "us", "<= 1.2", ratio => ratio <= 1.2),
            "cps" => Row($"connect, one request, close; {plural} at a time", own, other, result => result.PerSecond, "/s", ">= 3", ratio => ratio >= 3),
            _ => Row($"bulk {mode}, {plural}", own, other, result => result.GigabytesPerSecond, "GB/s", ">= 0.8", ratio => ratio >= 0.8),
        };
    }

    private static BenchRow Row(
        string measure, List<LoadResult> own, List<LoadResult> other, Func<LoadResult, double> value, string unit, string target, Func<double, bool> met)
    {
        double a = Median(own.Select(value)), b = Median(other.Select(value));
        long errors = own.Sum(result => result.Errors);
        string measured = errors == 0 ? measure : $"{measure} ({errors} errors)";
        return new BenchRow(measured, $"{Text(a)} {unit}", $"socat {Text(b)} {unit}", Text(a / b), target, met(a / b) && errors == 0);
    }

    private static async Task<BenchRow> MemoryAsync(ChildProcess[] ours, ChildProcess[] socats, int oursPort, int theirsPort)
    {
        double own = await PerConnectionAsync(ours, oursPort, IdleConnections) / 1024;
        double other = await PerConnectionAsync(socats, theirsPort, IdleSocat) / 1024;
        return new BenchRow("memory for an idle connection, both halves", $"{Text(own)} KiB", $"socat {Text(other)} KiB", Text(own / other), "<= 16 KiB", own <= 16);
    }

    private static async Task<double> PerConnectionAsync(ChildProcess[] processes, int port, int count)
    {
        long before = processes.Sum(process => process.ResidentBytes());
        var connections = new List<Socket>();
        try
        {
            byte[] ask = new byte[16 + 64], answer = new byte[64];
            "LGENP"u8.CopyTo(ask);
            ask[8] = 64;
            for (int i = 0; i < count; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                connections.Add(socket);
                await socket.ConnectAsync(IPAddress.Loopback, port);
                await socket.SendAsync(ask);
                for (int at = 0; at < answer.Length;)
                    at += await socket.ReceiveAsync(answer.AsMemory(at));
            }

            return (double)(processes.Sum(process => process.ResidentBytes()) - before) / count;
        }
        finally
        {
            connections.ForEach(connection => connection.Dispose());
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static string Text(double value) => value.ToString(value >= 100 ? "0" : "0.##", CultureInfo.InvariantCulture);

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    private static async Task AnswersAsync(int port)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await probe.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException) when (attempt < 100)
            {
                await Task.Delay(50);
            }
        }
    }
}
