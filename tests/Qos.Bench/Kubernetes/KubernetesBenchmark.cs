using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Qos.Bench.Kubernetes;

/// <summary>The fleet on a real cluster: the demo's times, and the service beside thousands of objects. Empty where there is no cluster.</summary>
internal sealed partial class KubernetesBenchmark : IBenchmark
{
    public string Name => "kubernetes";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options)
    {
        string root = Root(), cluster = Environment.GetEnvironmentVariable("QOS_KUBERNETES") ?? Path.Combine(root, "../shared/tools/kubernetes/cluster");
        if (!File.Exists(cluster))
        {
            await Console.Error.WriteLineAsync("There is no cluster to measure on: ../shared/tools/kubernetes is not beside the clone, and QOS_KUBERNETES names none.");
            return [];
        }

        var rows = new List<BenchRow>();
        string demo = await RunAsync("bash", [Path.Combine(root, "src/samples/demo-kubernetes.sh")]);
        rows.Add(Seconds("last approval to three ready pods, two shares given meanwhile", Find(ThreeReady(), demo), 20));
        rows.Add(Seconds("killed pod ready again, no share holder", Find(ReadyAgain(), demo), 10));
        rows.Add(Seconds("leader stopped, another one leads", Find(Leads(), demo), 15));
        foreach (string line in (await RunAsync(cluster, ["--no-node", "--", Environment.ProcessPath!, "kubernetes-inside"])).Split('\n').Where(static line => line.StartsWith("row|", StringComparison.Ordinal)))
        {
            string[] parts = line.Split('|');
            rows.Add(new BenchRow(parts[1], parts[2], "", "", parts[3], parts[4] == "True"));
        }

        return rows;
    }

    private static BenchRow Seconds(string measure, double seconds, double most) =>
        new(measure, string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"), "", "", string.Create(CultureInfo.InvariantCulture, $"<= {most} s"), seconds <= most);

    private static double Find(Regex what, string text) => what.Match(text) is { Success: true } match ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : double.NaN;

    private static async Task<string> RunAsync(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} failed:\n{output[Math.Max(0, output.Length - 4000)..]}");
    }

    private static string Root()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Qos.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }

    [GeneratedRegex(@"three pods are ready ([0-9.]+) s")]
    private static partial Regex ThreeReady();

    [GeneratedRegex(@"ready again after ([0-9.]+) s")]
    private static partial Regex ReadyAgain();

    [GeneratedRegex(@"another one leads after ([0-9.]+) s")]
    private static partial Regex Leads();
}
