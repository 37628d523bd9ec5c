using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Qos.Bench.Bridge;

/// <summary>
/// Both halves of a bridge in a row, joined by a Unix socket, and pairs of nginx, haproxy and socat in the same places. They take turns,
/// round by round, and the median of each counts. What is asked is said in multiples of the reference's own bridge, which is not here: it was
/// measured beside the three in one run (2026-11-26), so ours is divided by each of them, multiplied by what that one was to the reference,
/// and the median of the three results is the ratio. Client and server without a bridge take their turn as well: what they reach is the most that a bridge can.
/// </summary>
internal sealed class BridgeBenchmark : IBenchmark
{
    private const int IdleConnections = 1000;
    private const int HttpConnections = 64;
    private const int BusyProcesses = 16;

    // Up to here the servers of a run have threads: one for each connection.
    private const int ServerThreads = IdleConnections + 200;

    public string Name => "bridge";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options)
    {
        string folder = Directory.CreateTempSubdirectory("qb").FullName;
        try
        {
            LoadGenerator load = await LoadGenerator.CompileAsync(folder);
            int server = Contender.FreePort();
            using ChildProcess target = load.StartServer(server, ServerThreads);
            await Contender.AnswersAsync(server);
            using Contender ours = await Contender.OursAsync(folder, server);
            using Contender nginx = await Contender.NginxAsync(folder, server);
            using Contender haproxy = await Contender.HaproxyAsync(folder, server);
            using Contender socat = await Contender.SocatAsync(folder, server);
            using Contender none = Contender.None(server);
            Contender[] all = [ours, nginx, haproxy, socat, none];

            // Compiled code is what a bridge that runs for days is measured by.
            await load.RunAsync("ping", ours.Port, 4, 1);
            await load.RunAsync("cps", ours.Port, 8, 1);

            var rows = new List<BenchRow>();
            await AddAsync("up", 1, Rate("bulk up, 1 connection", [1.24, 1.31, 1.16], 2.5));
            await AddAsync("down", 1, Rate("bulk down, 1 connection", [1.16, 1.33, 1.28], 2.5));
            await AddAsync("up", 8, Rate("bulk up, 8 connections", [1.20, 1.07, 1.34], 2.5));
            await AddAsync("down", 8, Rate("bulk down, 8 connections", [1.14, 1.23, 1.43], 2.5));
            await AddAsync(
                "ping",
                1,
                new Measure("round trip of 64 bytes, p50", "us", result => result.P50, [0.61, 0.70, 0.75], 0.55, IsTime: true),
                new Measure("round trip of 64 bytes, p99", "us", result => result.P99, [0.73, 0.74, 0.77], 0.65, IsTime: true));
            await AddAsync("cps", 1, PerSecond("connections, 1 at a time", [1.17, 0.93, 0.27], 1.4));
            await AddAsync("cps", 8, PerSecond("connections, 8 at a time", [1.14, 1.03, 0.19], 1.3));
            List<LoadResult>[] idle = await AddAsync(
                "http",
                HttpConnections,
                PerSecond($"HTTP, {HttpConnections} connections", [1.04, 1.08, 0.54], 1.3),
                new Measure($"HTTP, {HttpConnections} connections, p99", "us", result => result.P99, [1.13, 1.01, 4.0], 0.7, IsTime: true));
            rows.Add(await BusyAsync(load, [ours, nginx, none], [idle[0], idle[1], idle[^1]], options));
            rows.Add(await MemoryAsync(ours));
            return rows;

            async Task<List<LoadResult>[]> AddAsync(string mode, int connections, params Measure[] measures)
            {
                List<LoadResult>[] results = await TakeTurnsAsync(load, mode, connections, all, options);
                rows.AddRange(measures.Select(measure => measure.Row(all, results)));
                return results;
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Measure Rate(string name, double[] others, double target) =>
        new(name, "GB/s", result => result.GigabytesPerSecond, others, target, IsTime: false);

    private static Measure PerSecond(string name, double[] others, double target) =>
        new(name, "/s", result => result.PerSecond, others, target, IsTime: false);

    private static async Task<List<LoadResult>[]> TakeTurnsAsync(
        LoadGenerator load, string mode, int connections, Contender[] all, BenchOptions options)
    {
        List<LoadResult>[] results = [.. all.Select(_ => new List<LoadResult>())];
        for (int round = 0; round < options.Rounds; round++)
        {
            for (int i = 0; i < all.Length; i++)
            {
                int turn = round % 2 == 0 ? i : all.Length - 1 - i;
                results[turn].Add(await RunAsync(load, mode, all[turn].Port, connections, options.Seconds));
            }
        }

        return results;
    }

    private static Task<LoadResult> RunAsync(LoadGenerator load, string mode, int port, int connections, double seconds) =>
        mode == "http" ? Wrk.RunAsync(port, connections, seconds) : load.RunAsync(mode, port, connections, seconds);

    // The tail on a busy machine: 16 processes of another session that never sleep.
    private static async Task<BenchRow> BusyAsync(LoadGenerator load, Contender[] contenders, List<LoadResult>[] idle, BenchOptions options)
    {
        ChildProcess[] busy = [.. Enumerable.Range(0, BusyProcesses).Select(
            _ => ChildProcess.Start("setsid", "timeout", "200", "sh", "-c", "while :; do :; done"))];
        try
        {
            List<LoadResult>[] results = await TakeTurnsAsync(load, "http", HttpConnections, contenders, options);
            double[] ratios = [.. results.Select((list, i) => P99(list) / P99(idle[i]))];
            return new BenchRow(
                $"the same p99 beside {BusyProcesses} busy processes, to its own idle one",
                $"{Measure.Text(P99(results[0]))} us",
                string.Join(", ", contenders.Skip(1).Select((other, i) => $"{other.Name} {Measure.Text(ratios[i + 1])}")),
                Measure.Text(ratios[0]),
                "<= 2",
                ratios[0] <= 2);
        }
        finally
        {
            foreach (ChildProcess process in busy)
                process.Dispose();
        }

        static double P99(List<LoadResult> list) => Measure.Median(list, result => result.P99);
    }

    private static async Task<BenchRow> MemoryAsync(Contender ours)
    {
        double own = await PerConnectionAsync(ours.Processes, ours.Port, IdleConnections) / 1024;
        return new BenchRow("memory for an idle connection, both halves", $"{Measure.Text(own)} KiB", "", "", "<= 16 KiB", own <= 16);
    }

    private static async Task<double> PerConnectionAsync(IReadOnlyList<ChildProcess> processes, int port, int count)
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

    /// <summary>One number of a measurement, and what is asked of it.</summary>
    /// <param name="Name">What it is.</param>
    /// <param name="Unit">Its unit.</param>
    /// <param name="Of">Takes it out of a result.</param>
    /// <param name="Others">What nginx, haproxy and socat were in multiples of the reference.</param>
    /// <param name="Target">What ours should be in multiples of the reference.</param>
    /// <param name="IsTime">Whether less is better.</param>
    private sealed record Measure(string Name, string Unit, Func<LoadResult, double> Of, double[] Others, double Target, bool IsTime)
    {
        public BenchRow Row(Contender[] all, List<LoadResult>[] results)
        {
            double[] values = [.. results.Select(list => Median(list, Of))];
            double ratio = Middle(Others.Select((other, i) => values[0] / values[i + 1] * other));
            long errors = results[0].Sum(result => result.Errors);
            bool met = errors == 0 && (IsTime ? ratio <= Target : ratio >= Target);
            return new BenchRow(
                errors == 0 ? Name : $"{Name} ({errors} errors)",
                $"{Text(values[0])} {Unit}",
                string.Join(", ", all.Skip(1).Select((other, i) => $"{other.Name} {Text(values[i + 1])}")),
                Text(ratio),
                (IsTime ? "<= " : ">= ") + Text(Target),
                met);
        }

        public static double Median(List<LoadResult> results, Func<LoadResult, double> of) => Middle(results.Select(of));

        public static string Text(double value) => value.ToString(value >= 100 ? "0" : "0.##", CultureInfo.InvariantCulture);

        private static double Middle(IEnumerable<double> values)
        {
            double[] sorted = [.. values.Order()];
            return sorted[sorted.Length / 2];
        }
    }
}
