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
        rows.Add(Seconds("leader killed under traffic, another one has reconciled", Find(Reconciles(), demo), 15));
        rows.Add(new BenchRow("requests meanwhile through the Service, lost", string.Create(CultureInfo.InvariantCulture, $"{Find(Requests(), demo)}, {Find(Lost(), demo)}"), "", "", "none lost", Find(Lost(), demo) == 0));
        rows.Add(new BenchRow("memory of the control service, resident; of that, pages of files", string.Create(CultureInfo.InvariantCulture, $"{Find(Memory(), demo)} MiB; {Find(FilePages(), demo)} MiB"), "", "", "<= 128 MiB", Find(Memory(), demo) <= 128));
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

    [GeneratedRegex(@"another one reconciles after ([0-9.]+) s")]
    private static partial Regex Reconciles();

    [GeneratedRegex(@"([0-9]+) requests went through the Service meanwhile")]
    private static partial Regex Requests();

    [GeneratedRegex(@"requests went through the Service meanwhile, ([0-9]+) lost")]
    private static partial Regex Lost();

    [GeneratedRegex(@"the control service holds ([0-9]+) MiB")]
    private static partial Regex Memory();

    [GeneratedRegex(@"of memory, ([0-9]+) of them pages of files")]
    private static partial Regex FilePages();
}
