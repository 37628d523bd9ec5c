using System.Diagnostics;
using System.Globalization;
using Qos.Fleet;
using Qos.Fleet.Storage;
using Qos.Fleet.World;

namespace Qos.Bench.Fleet;

/// <summary>A pass of the reconciler over thousands of replicas on a simulated runner.</summary>
internal sealed class ReconcilerBenchmark : IBenchmark
{
    private const int Apps = 500;
    private const int ReplicasOfAnApp = 20;
    private const double MiB = 1024 * 1024;

    public string Name => "fleet-pass";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options)
    {
        string path = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"qos-bench-{Guid.NewGuid():N}.db");
        try
        {
            await using FleetWorld world = await FleetWorld.OnAsync(time => FleetDatabase.OpenAsync("sqlite:" + path, time));
            for (int app = 0; app < Apps; app++)
                await FillAsync(world);
            using Reconciler reconciler = world.Start();
            await reconciler.PassAsync(null, default);
            var times = new List<double>();
            for (int i = 0; i < 5; i++)
            {
                long begin = Stopwatch.GetTimestamp();
                await reconciler.PassAsync(null, default);
                times.Add(Stopwatch.GetElapsedTime(begin).TotalSeconds);
            }

            times.Sort();
            double memory = Environment.WorkingSet / MiB;
            SimulatedNode victim = world.Runner.Nodes.Values.First();
            victim.HasEnded = true;
            long killed = Stopwatch.GetTimestamp();
            while (world.Runner.Nodes.ContainsKey(victim.Launch.ReplicaId))
                await reconciler.PassAsync(null, default);
            double noticed = Stopwatch.GetElapsedTime(killed).TotalSeconds;
            return
            [
                new BenchRow(Text($"a pass over {Apps * ReplicasOfAnApp:N0} replicas of {Apps} apps"), Text($"{times[2]:F2} s, {memory:F0} MiB"), "", "", "<= 1 s", times[2] <= 1),
                new BenchRow("one of them dead: noticed and stopped, by passes alone", Text($"{noticed:F2} s"), "", "", "<= 5 s", noticed <= 5),
            ];
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task FillAsync(FleetWorld world)
    {
        await world.AddAppAsync();
        Deployment deployment = await world.DeployAsync(ReplicasOfAnApp);
        for (int slot = 0; slot < ReplicasOfAnApp; slot++)
        {
            Replica replica = await world.AddReadyReplicaAsync(deployment, slot);
            world.Runner.Nodes[replica.Id] = new SimulatedNode(
                world, new ReplicaLaunch { ReplicaId = replica.Id, DeploymentId = deployment.Id, AppId = deployment.AppId, Slot = slot, QosVersion = "test", Ports = [3000] })
            {
                Phase = Protocol.ProtocolPhase.QuorumKeyProvisioned,
            };
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
