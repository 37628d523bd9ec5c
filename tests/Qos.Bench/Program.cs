using System.Globalization;
using Qos.Bench;
using Qos.Bench.Attestation;
using Qos.Bench.Bridge;
using Qos.Bench.Development;
using Qos.Bench.Fleet;
using Qos.Bench.Kubernetes;
using Qos.Bench.Machine;
using Qos.Bench.Node;
using Qos.Bench.Web;

// Qos.Bench [--rounds N] [--seconds S] [SUBJECT...]      measures all subjects, or the named ones, and prints tables; a name also stands for those that
//                                                         begin with it and a hyphen
// Qos.Bench half LISTEN CONNECT [THREADS]                 one half of a bridge, for the bridge's measurement
if (args is ["half", ..])
    return await BridgeHalf.RunAsync(args[1..]);

// Processes of the fleet's measurements.
if (args is ["extract", var image])
    return await ImageBenchmark.ExtractAsync(image);

// In the network of a cluster.
if (args is ["kubernetes-inside"])
    return await ManyObjects.RunAsync();

IBenchmark[] subjects =
[
    new EnclaveBenchmark(),
    new HostBenchmark(),
    new BootBenchmark(),
    new HealthBenchmark(),
    new ExportBenchmark(),
    new ServiceBenchmark(),
    new AttestationBenchmark(),
    new ProofsBenchmark(),
    new BridgeBenchmark(),
    new MachineBenchmark(),
    new DevBenchmark(),
    new BootProofsBenchmark(),
    new ReconcilerBenchmark(),
    new ReplicasBenchmark(),
    new IngressBenchmark(),
    new ImageBenchmark(),
    new WebBenchmark(),
    new KubernetesBenchmark(),
];

int rounds = 5;
double seconds = 1.5;
List<string> wanted = [];
for (int i = 0; i < args.Length; i++)
{
    if (args[i] == "--rounds" && i + 1 < args.Length)
        rounds = int.Parse(args[++i], CultureInfo.InvariantCulture);
    else if (args[i] == "--seconds" && i + 1 < args.Length)
        seconds = double.Parse(args[++i], CultureInfo.InvariantCulture);
    else
        wanted.Add(args[i]);
}

string[] unknown = [.. wanted.Where(name => !subjects.Any(subject => Is(subject, name)))];
if (unknown.Length > 0)
{
    await Console.Error.WriteLineAsync($"Unknown subject '{unknown[0]}'; there are: {string.Join(", ", subjects.Select(subject => subject.Name))}.");
    return 2;
}

bool met = true;
foreach (IBenchmark subject in subjects.Where(subject => wanted.Count == 0 || wanted.Exists(name => Is(subject, name))))
{
    IReadOnlyList<BenchRow> rows = await subject.RunAsync(new BenchOptions(rounds, seconds));
    Console.WriteLine(MarkdownTable.Of(subject.Name, rows));
    met &= rows.All(row => row.Met);
}

return met ? 0 : 1;

// 'fleet' is every one of 'fleet-…'.
static bool Is(IBenchmark subject, string name) => subject.Name == name || subject.Name.StartsWith(name + '-', StringComparison.Ordinal);
