using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Qos.EndToEnd.Local;

namespace Qos.Bench.Machine;

/// <summary>The image, booted in QEMU's nitro-enclave machine: how soon it answers, what it weighs. Format: docs/protocol/eif.md.</summary>
/// <remarks>
/// The clock on the wall runs from the runner's start to a status answered through the host, so it holds the vsock back end, QEMU, its firmware, the
/// kernel and the host's start. What of it is init's own time is read from the machine's console.
/// </remarks>
internal sealed partial class MachineBenchmark : IBenchmark
{
    private const int Boots = 3;
    private const double MiB = 1024 * 1024;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);

    public string Name => "machine";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options)
    {
        string root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Programs.Find("qos"))!, "..", "..")), eif = Path.Combine(root, "eif");
        string folder = Directory.CreateTempSubdirectory("qos-bench").FullName;
        try
        {
            if (await WhyNotAsync(eif, folder) is { } why)
                return [new BenchRow($"skipped: {why}", "", "", "", "", true)];
            var runs = new List<(double Milliseconds, double UserSpace, double Used)>();
            for (int i = 0; i < Boots; i++)
                runs.Add(await BootAsync(eif, folder, i));
            double wall = Median(runs.Select(static run => run.Milliseconds)), userSpace = Median(runs.Select(static run => run.UserSpace));
            double used = runs.Max(static run => run.Used), size = new FileInfo(Path.Combine(folder, "qos.eif")).Length / MiB;
            return
            [
                new BenchRow($"machine start to answered status, median of {Boots}", Text($"{wall / 1000:0.0} s"), Text($"slowest {runs.Max(static run => run.Milliseconds) / 1000:0.0} s"), "", "<= 4 s", wall <= 4000),
                new BenchRow("init's first line to listening, by the console", Text($"{userSpace:0.00} s"), "", "", "<= 1 s", userSpace <= 1),
                new BenchRow("memory in use while idle", Text($"{used:0} MiB"), "", "", "<= 96 MiB", used <= 96),
                new BenchRow("image", Text($"{size:0.0} MiB"), "", "", "<= 12 MiB", size <= 12),
            ];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(double Milliseconds, double UserSpace, double Used)> BootAsync(string eif, string folder, int run)
    {
        string own = Path.Combine(folder, Text($"{run}")), listen = Text($"127.0.0.1:{LocalNode.FreePort()}");
        long start = Stopwatch.GetTimestamp();
        await using RunningProgram machine = RunningProgram.StartAt(
            "machine", Path.Combine(eif, "qemu", "run"), "--image", Path.Combine(folder, "qos.eif"), "--dir", own, "--listen", listen, "--no-build");
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        while (!await AnswersAsync(http, new Uri($"http://{listen}/qos/enclave-health")))
        {
            if (machine.HasExited || Stopwatch.GetElapsedTime(start) > s_limit)
                throw new InvalidOperationException($"The machine does not answer.\n{machine.Log}");
            await Task.Delay(s_pause);
        }

        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        string console = await File.ReadAllTextAsync(Path.Combine(own, "console.log"));
        await machine.TerminateAsync();
        return (milliseconds, Number(Listening(), console) - Number(Started(), console), Number(Memory(), console));
    }

    private static async Task<bool> AnswersAsync(HttpClient http, Uri health)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(health);
            return await answer.Content.ReadAsStringAsync() == "WaitingForBootInstruction";
        }
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            return false;
        }
    }

    private static async Task<string?> WhyNotAsync(string eif, string folder)
    {
        await using RunningProgram qemu = RunningProgram.StartAt("find-qemu", Path.Combine(eif, "qemu", "find-qemu"), "--no-build");
        if (await qemu.ExitAsync() != 0)
            return string.Join(' ', qemu.Errors);
        await using RunningProgram image = RunningProgram.StartAt("build-image", Path.Combine(eif, "build-image"), "--out", folder, "--any-kernel", "--no-build");
        return await image.ExitAsync() == 0 ? null : string.Join(' ', image.Errors);
    }

    private static double Number(Regex line, string console) => line.Match(console) is { Success: true } match
        ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
        : throw new InvalidOperationException($"The console has no line {line}:\n{console}");

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\[ *([0-9.]+)\] init: started")]
    private static partial Regex Started();

    [GeneratedRegex(@"\[ *([0-9.]+)\] init: listening on port 3")]
    private static partial Regex Listening();

    [GeneratedRegex(@"init: memory: ([0-9]+) MiB used")]
    private static partial Regex Memory();
}
