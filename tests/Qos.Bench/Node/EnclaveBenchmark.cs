using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Qos.EndToEnd.Local;

namespace Qos.Bench.Node;

/// <summary>The enclave process by itself: how soon it answers, what it weighs.</summary>
internal sealed class EnclaveBenchmark : IBenchmark
{
    private const int Starts = 31;
    private const double MiB = 1024 * 1024;

    private static readonly byte[] s_status = ControlSocket.Frame("\"statusRequest\""u8);

    public string Name => "enclave";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options)
    {
        string program = Programs.Find("qos-enclave");
        await using LocalNode node = LocalNode.Prepare(static _ => { });
        await node.StartSimulatorAsync();

        // The first start reads the binary from the disk.
        _ = Start(program, node, 0);
        (double Milliseconds, double Rss)[] runs = [.. Enumerable.Range(1, Starts).Select(run => Start(program, node, run))];
        double start = Median(runs.Select(run => run.Milliseconds)), rss = Median(runs.Select(run => run.Rss));
        double slowest = runs.Max(run => run.Milliseconds);
        double fresh = Median(Enumerable.Range(0, Starts + 1).Select(run => Together(node, run)).Skip(1));
        double mock = Median(Enumerable.Range(0, Starts + 1).Select(run => Mock(node, run)).Skip(1));
        double size = new FileInfo(program).ResolveLinkTarget(returnFinalTarget: true) is FileInfo target
            ? target.Length / 1e6
            : new FileInfo(program).Length / 1e6;
        return
        [
            new BenchRow($"start to first answered status, median of {Starts}", Text($"{start:0.0} ms"), Text($"slowest {slowest:0.0} ms"), "", "<= 12 ms", start <= 12),
            new BenchRow("the same, with a fresh simulator started before it", Text($"{fresh:0.0} ms"), "", "", "<= 20 ms", fresh <= 20),
            new BenchRow("the same, qos_core --mock", Text($"{mock:0.0} ms"), "", "", "<= 60 ms", mock <= 60),
            new BenchRow("resident when idle", Text($"{rss:0.0} MiB"), "", "", "<= 9 MiB", rss <= 9),
            new BenchRow("binary", Text($"{size:0.0} MB"), "", "", "<= 16 MB", size <= 16),
        ];
    }

    private static (double Milliseconds, double Rss) Start(string program, LocalNode node, int run)
    {
        string folder = Directory.CreateDirectory(node.In($"run-{run}")).FullName, socket = node.In($"run-{run}.sock");
        long start = Stopwatch.GetTimestamp();
        using ChildProcess enclave = ChildProcess.Start(program, "--socket", socket, "--nsm", node.NsmSocket, "--dir", folder);
        WaitForStatus(socket, start);
        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return (milliseconds, enclave.ResidentBytes() / MiB);
    }

    private static double Together(LocalNode node, int run)
    {
        string folder = Directory.CreateDirectory(node.In($"both-{run}")).FullName, socket = node.In($"both-{run}.sock"), module = node.In($"both-{run}.nsm");
        long start = Stopwatch.GetTimestamp();
        using ChildProcess simulator = ChildProcess.Start(Programs.Find("qos-nsm-sim"), "--socket", module, "--pki-dir", node.PkiFolder);
        using ChildProcess enclave = ChildProcess.Start(Programs.Find("qos-enclave"), "--socket", socket, "--nsm", module, "--dir", folder);
        WaitForStatus(socket, start);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Mock(LocalNode node, int run)
    {
        string folder = Directory.CreateDirectory(node.In($"mock-{run}")).FullName, socket = node.In($"mock-{run}.sock");
        string[] files = [.. new[] { "quorum", "pivot", "ephemeral", "manifest" }.SelectMany(name => (string[])[$"--{name}-file", Path.Combine(folder, name)])];
        string program = Path.Combine(Path.GetDirectoryName(Programs.Find("qos-enclave"))!, "..", "compat", "qos_core");
        long start = Stopwatch.GetTimestamp();
        using ChildProcess enclave = ChildProcess.Start(program, ["--usock", socket, "--mock", .. files]);
        WaitForStatus(socket, start);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static void WaitForStatus(string path, long start)
    {
        var endPoint = new UnixDomainSocketEndPoint(path);
        var spin = new SpinWait();
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30))
        {
            // An exception for every try would cost more than what is measured.
            if (!File.Exists(path))
            {
                spin.SpinOnce();
                continue;
            }

            try
            {
                using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                socket.Connect(endPoint);
                socket.Send(s_status);
                byte[] answer = new byte[256];
                int read = socket.Receive(answer);
                if (read > sizeof(ulong) && BinaryPrimitives.ReadUInt64LittleEndian(answer) == (ulong)(read - sizeof(ulong)))
                    return;
            }
            catch (SocketException)
            {
                spin.SpinOnce();
            }
        }

        throw new TimeoutException("The enclave does not answer.");
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
