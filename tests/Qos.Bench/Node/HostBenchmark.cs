using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Qos.EndToEnd.Local;

namespace Qos.Bench.Node;

/// <summary>The host process by itself: how soon it answers, what it weighs when idle, and again after load.</summary>
internal sealed class HostBenchmark : IBenchmark
{
    private const int Starts = 31;
    private const double MiB = 1024 * 1024;

    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(10);

    public string Name => "host";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options)
    {
        await using LocalNode node = await LocalNode.StartAsync(static _ => { }, new NodeSetup { WithHost = false });
        string program = Programs.Find("qos-host");

        // The first start reads the binary from the disk.
        _ = Start(program, node);
        (double Milliseconds, double Rss)[] runs = [.. Enumerable.Range(0, Starts).Select(_ => Start(program, node))];
        double start = Median(runs.Select(run => run.Milliseconds)), slowest = runs.Max(run => run.Milliseconds), first = Median(runs.Select(run => run.Rss));

        node.StartHost();
        await node.HostAnswersAsync();
        await Task.Delay(s_rest);
        double idle = node.Host.StatusBytes("VmRSS") / MiB;
        await ChildProcess.RunAsync("wrk", "-t", "1", "-c", "64", "-d", "5s", $"http://{node.HostAddress}/qos/enclave-health");
        double busy = node.Host.StatusBytes("VmHWM") / MiB;
        await Task.Delay(s_rest);
        double after = node.Host.StatusBytes("VmRSS") / MiB;
        return
        [
            new BenchRow($"start to first answered status, median of {Starts}", Text($"{start:0.0} ms"), Text($"slowest {slowest:0.0} ms"), "", "<= 40 ms", start <= 40),
            new BenchRow("resident 10 s after the start", Text($"{idle:0.0} MiB"), Text($"at the first answer {first:0.0} MiB"), "", "<= 25 MiB", idle <= 25),
            new BenchRow("resident 10 s after load", Text($"{after:0.0} MiB"), Text($"peak {busy:0.0} MiB"), "", "<= 25 MiB", after <= 25),
        ];
    }

    private static (double Milliseconds, double Rss) Start(string program, LocalNode node)
    {
        int port = LocalNode.FreePort();
        byte[] request = Encoding.ASCII.GetBytes("GET /qos/enclave-health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        long start = Stopwatch.GetTimestamp();
        using ChildProcess host = ChildProcess.Start(program, "--enclave-socket", node.Socket, "--listen", Text($"127.0.0.1:{port}"));
        var spin = new SpinWait();
        byte[] answer = new byte[256];
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30))
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Connect("127.0.0.1", port);
                socket.Send(request);
                if (socket.Receive(answer) > 0)
                    return (Stopwatch.GetElapsedTime(start).TotalMilliseconds, host.ResidentBytes() / MiB);
            }
            catch (SocketException)
            {
                spin.SpinOnce();
            }
        }

        throw new TimeoutException("The host does not answer.");
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
