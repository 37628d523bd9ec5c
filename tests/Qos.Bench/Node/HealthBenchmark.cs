using System.Globalization;
using System.Text.RegularExpressions;
using Qos.EndToEnd.Local;

namespace Qos.Bench.Node;

/// <summary>GET enclave-health with 16 connections that are kept, measured by wrk.</summary>
internal sealed partial class HealthBenchmark : IBenchmark
{
    private const double Reference = 16_200;
    private const double ReferenceP99 = 3.8;

    public string Name => "health";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options)
    {
        await using LocalNode node = await LocalNode.StartAsync(static _ => { });
        string url = $"http://{node.HostAddress}/qos/enclave-health";

        // A host runs for days: what counts is its compiled code.
        await WrkAsync(url, 5);
        var runs = new List<(double Rate, double P99)>();
        for (int round = 0; round < options.Rounds; round++)
            runs.Add(await WrkAsync(url, Math.Max(2, options.Seconds)));
        double rate = runs.Select(run => run.Rate).Order().ElementAt(runs.Count / 2);
        double p99 = runs.Select(run => run.P99).Order().ElementAt(runs.Count / 2);
        return
        [
            new BenchRow(
                "GET enclave-health, 16 connections", Text($"{rate:0} /s"), Text($"reference {Reference:0} /s"), Text($"{rate / Reference:0.##}"), ">= 1", rate >= Reference),
            new BenchRow("its 99th percentile", Text($"{p99:0.##} ms"), Text($"reference {ReferenceP99} ms"), Text($"{p99 / ReferenceP99:0.##}"), "", true),
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
