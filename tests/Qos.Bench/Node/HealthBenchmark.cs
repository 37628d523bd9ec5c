using System.Globalization;
using System.Text.RegularExpressions;
using Qos.EndToEnd.Local;

namespace Qos.Bench.Node;

/// <summary>
/// GET enclave-health with 16 connections that are kept, measured by wrk, beside a static file of nginx, which on the day that the reference ran in one run
/// with it was 12 times the reference.
/// </summary>
internal sealed partial class HealthBenchmark : IBenchmark
{
    private const double NginxToReference = 12;
    private const double Target = 8;

    public string Name => "health";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options)
    {
        await using LocalNode node = await LocalNode.StartAsync(static _ => { });
        string url = $"http://{node.HostAddress}/qos/enclave-health";

        using var own = new BenchFolder();
        string folder = own.Path;
        int port = LocalNode.FreePort();
        await File.WriteAllTextAsync(Path.Combine(folder, "file"), "Healthy");
        await File.WriteAllTextAsync(Path.Combine(folder, "nginx.conf"), $$"""
            daemon off; pid {{folder}}/pid; error_log {{folder}}/error.log; worker_processes 2; user root;
            events { worker_connections 256; }
            http {
              access_log off; keepalive_requests 100000000; sendfile on;
              client_body_temp_path {{folder}}/b; proxy_temp_path {{folder}}/p; fastcgi_temp_path {{folder}}/f; uwsgi_temp_path {{folder}}/u; scgi_temp_path {{folder}}/s;
              server { listen 127.0.0.1:{{port}}; root {{folder}}; }
            }
            """);
        using var nginx = ChildProcess.Start("nginx", "-c", Path.Combine(folder, "nginx.conf"), "-e", Path.Combine(folder, "error.log"));
        string file = Text($"http://127.0.0.1:{port}/file");

        // A host runs for days, and so does its pool.
        await WrkAsync(url, 3);
        await WrkAsync(file, 2);
        var runs = new List<(double Rate, double P99, double Nginx, double NginxP99)>();
        for (int round = 0; round < options.Rounds; round++)
        {
            (double rate, double p99) = await WrkAsync(url, Math.Max(2, options.Seconds));
            (double other, double otherP99) = await WrkAsync(file, Math.Max(2, options.Seconds));
            runs.Add((rate, p99, other, otherP99));
        }

        (double ours, double tail, double theirs, double theirTail) = runs.OrderBy(static run => run.Rate / run.Nginx).ElementAt(runs.Count / 2);
        double ratio = NginxToReference * ours / theirs;
        return
        [
            new BenchRow("GET enclave-health, 16 connections", Text($"{ours:0} /s"), Text($"nginx, a static file: {theirs:0} /s"), Text($"{ratio:0.0}"), Text($">= {Target:0}"), ratio >= Target),
            new BenchRow("its 99th percentile", Text($"{tail:0.##} ms"), Text($"nginx {theirTail:0.##} ms"), "", "", true),
        ];
    }

    private static async Task<(double Rate, double P99)> WrkAsync(string url, double seconds)
    {
        string text = await ChildProcess.RunAsync("wrk", "-t", "1", "-c", "16", "-d", Text($"{seconds:0}s"), "--latency", url);
        Match rate = Rate().Match(text), p99 = P99().Match(text);
        if (!rate.Success || !p99.Success)
            throw new InvalidOperationException($"wrk printed something else than expected:\n{text}");
        double unit = p99.Groups[2].Value switch
        {
            "us" => 0.001,
            "ms" => 1,
            _ => 1000,
        };
        return (Number(rate.Groups[1]), unit * Number(p99.Groups[1]));
    }

    private static double Number(Group group) => double.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Requests/sec:\s+([0-9.]+)")]
    private static partial Regex Rate();

    [GeneratedRegex(@"99%\s+([0-9.]+)(us|ms|s)")]
    private static partial Regex P99();
}
