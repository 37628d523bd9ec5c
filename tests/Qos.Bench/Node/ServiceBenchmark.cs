using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Qos.EndToEnd.Local;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.Bench.Node;

/// <summary>Signatures over the app's local service: one connection's round trip beside the arithmetic alone, and what several connections get on all processors, the load's own part included.</summary>
internal sealed class ServiceBenchmark : IBenchmark
{
    private const int Uncounted = 2_000;
    private const int Runs = 5_000;
    private const int Connections = 4;
    private const double TargetMilliseconds = 0.3;
    private const double TargetRate = 10_000;

    private static readonly byte[] s_request = Encoding.ASCII.GetBytes("POST /v1/sign/quorum HTTP/1.1\r\nHost: app\r\nContent-Length: 5\r\n\r\npay 5");

    public string Name => "service";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options)
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await LocalNode.StartAsync(static _ => { }, new NodeSetup { WithHost = false });
        byte[] pivot = "#!/bin/sh\nexec /bin/sleep 100000\n"u8.ToArray();
        await node.RunAsync(quorum, quorum.Manifest(node, pivot), pivot);
        string path = Path.Combine(node.Directory, "run", "qos.sock");

        using KeySet key = KeySet.FromHex(Encoding.ASCII.GetBytes(quorum.SeedHex!));
        List<double> alone = [], asked = [];
        for (int round = 0; round < options.Rounds; round++)
        {
            alone.Add(Median(() => key.Sign("pay 5"u8)));
            using var connection = new Connection(path);
            asked.Add(Median(connection.Ask));
        }

        List<double> rates = [];
        for (int round = 0; round < options.Rounds; round++)
            rates.Add(Rate(path, options.Seconds));

        double arithmetic = alone.Order().ElementAt(alone.Count / 2), whole = asked.Order().ElementAt(asked.Count / 2), rate = rates.Order().ElementAt(rates.Count / 2);
        return
        [
            new BenchRow(
                "signature with the quorum key, one connection, p50", Text($"{whole:0.000} ms"), Text($"arithmetic alone {arithmetic:0.000} ms"),
                Text($"+{whole - arithmetic:0.000} ms"), Text($"<= {TargetMilliseconds} ms more"), whole - arithmetic <= TargetMilliseconds),
            new BenchRow(
                Text($"the same, {Connections} connections, {Environment.ProcessorCount} processors, the load's part included"), Text($"{rate:#,0} /s"), "", "", Text($">= {TargetRate:#,0} /s"), rate >= TargetRate),
        ];
    }

    // In milliseconds.
    private static double Median(Action action)
    {
        for (int i = 0; i < Uncounted; i++)
            action();
        double[] times = new double[Runs];
        for (int i = 0; i < Runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        Array.Sort(times);
        return times[Runs / 2];
    }

    private static double Rate(string path, double seconds)
    {
        long count = 0;
        long start = Stopwatch.GetTimestamp();
        Thread[] threads = [.. Enumerable.Range(0, Connections).Select(_ => new Thread(() =>
        {
            using var connection = new Connection(path);
            long own = 0;
            for (; Stopwatch.GetElapsedTime(start).TotalSeconds < seconds; own++)
                connection.Ask();
            Interlocked.Add(ref count, own);
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed class Connection : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly byte[] _answer = new byte[4096];

        internal Connection(string path) => _socket.Connect(new UnixDomainSocketEndPoint(path));

        internal void Ask()
        {
            _socket.Send(s_request);
            int read = _socket.Receive(_answer);
            if (read < 200 || !_answer.AsSpan(0, read).StartsWith("HTTP/1.1 200 "u8))
                throw new InvalidOperationException($"The service does not sign: {Encoding.ASCII.GetString(_answer, 0, read)}");
        }

        public void Dispose() => _socket.Dispose();
    }
}
