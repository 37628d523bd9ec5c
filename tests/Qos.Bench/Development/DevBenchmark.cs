using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Qos.EndToEnd.Local;

namespace Qos.Bench.Development;

/// <summary><c>qos dev run</c>: from the command to the first signed answer, from a changed file to a new answer, and the first one in the image.</summary>
/// <remarks>The app is what <c>qos app new --language c</c> writes, built before. It is asked anew every 5 ms, and a connection that it does not take yet waits.</remarks>
internal sealed class DevBenchmark : IBenchmark
{
    private const int Runs = 5, Machines = 3;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);

    public string Name => "dev";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options)
    {
        string folder = Directory.CreateTempSubdirectory("qos-bench").FullName;
        try
        {
            string app = await MakeAppAsync(folder);
            List<double> first = [], changed = [], machine = [];
            for (int i = 0; i < Runs; i++)
                await RunAsync(app, first, changed);
            string image = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Programs.Find("qos"))!, "..", "qos.eif"));
            for (int i = 0; i < Machines && File.Exists(image); i++)
                await RunAsync(app, machine, null, "--machine");
            return
            [
                Row($"`qos dev run` to the first signed answer, median of {Runs}", first, 2),
                Row($"a changed file to a new answer, median of {Runs}", changed, 1.5),
                machine.Count > 0
                    ? Row($"`qos dev run --machine` to the first signed answer, median of {Machines}", machine, 6)
                    : new BenchRow($"`--machine` skipped: {image} is not there, make eif makes it", "", "", "", "<= 6 s", true),
            ];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> MakeAppAsync(string folder)
    {
        string app = Path.Combine(folder, "app");
        (int code, _, string[] errors) = await RunningProgram.RunAsync("qos", "app", "new", "--language", "c", app);
        if (code != 0)
            throw new InvalidOperationException(string.Join('\n', errors));
        await using RunningProgram build = RunningProgram.StartAt("build", Path.Combine(app, "build"));
        return await build.ExitAsync() == 0 ? Path.Combine(app, "app") : throw new InvalidOperationException(build.Log);
    }

    private static async Task RunAsync(string app, List<double> first, List<double>? changed, params string[] words)
    {
        int port = LocalNode.FreePort();
        long begin = Stopwatch.GetTimestamp();
        await using RunningProgram qos = RunningProgram.Start("qos", ["dev", "run", app, "--port", Text($"{port}:3000"), .. changed is null ? (string[])[] : ["--watch"], .. words]);
        string key = await KeyAsync(qos, port, begin, "");
        first.Add(Stopwatch.GetElapsedTime(begin).TotalSeconds);
        if (changed is not null)
        {
            // The node before is gone, so that its end does not count into the change.
            await qos.SaysAsync("checks hold under the root");
            await File.WriteAllBytesAsync(app + ".new", [.. await File.ReadAllBytesAsync(app), 0]);
            File.SetUnixFileMode(app + ".new", File.GetUnixFileMode(app));
            begin = Stopwatch.GetTimestamp();
            File.Move(app + ".new", app, overwrite: true);
            await KeyAsync(qos, port, begin, key);
            changed.Add(Stopwatch.GetElapsedTime(begin).TotalSeconds);
        }

        await qos.TerminateAsync();
    }

    // The ephemeral key of the answer is another one in each node.
    private static async Task<string> KeyAsync(RunningProgram qos, int port, long begin, string before)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero });
        while (true)
        {
            if (qos.HasExited || Stopwatch.GetElapsedTime(begin) > s_limit)
                throw new InvalidOperationException($"The app does not answer.\n{qos.Log}");
            try
            {
                using HttpResponseMessage answer = await http.PostAsync(new Uri(Text($"http://127.0.0.1:{port}/answer")), new StringContent("a question"));
                using JsonDocument json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
                string key = json.RootElement.GetProperty("appProof").GetProperty("publicKey").GetString()!;
                if (key != before)
                    return key;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet, or was just replaced.
            }

            await Task.Delay(s_pause);
        }
    }

    private static BenchRow Row(string name, List<double> seconds, double target)
    {
        double[] sorted = [.. seconds.Order()];
        double median = sorted[sorted.Length / 2];
        return new BenchRow(name, Text($"{median:0.00} s"), Text($"slowest {sorted[^1]:0.00} s"), "", Text($"<= {target} s"), median <= target);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
