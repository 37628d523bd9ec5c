using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Qos.EndToEnd.Fleet;
using Qos.EndToEnd.Local;
using Qos.Fleet.Api;

namespace Qos.Bench.Fleet;

/// <summary>
/// The published control service with real replicas: from <c>qos deploy create</c> until all serve, and from a replica's death until its successor does. People
/// lose no time here: approvals and shares are given as soon as they can be.
/// </summary>
internal sealed class ReplicasBenchmark : IBenchmark
{
    private const int Replicas = 10;
    private const int Kills = 5;
    private const int MachineKills = 3;

    public string Name => "fleet-replicas";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options) => [.. await LocalAsync(), .. await MachinesAsync()];

    private static async Task<IReadOnlyList<BenchRow>> LocalAsync()
    {
        if (Environment.UserName != "root")
            return [new BenchRow("skipped: local replicas mount their files, as root", "", "", "", "", true)];
        await using RealFleet fleet = await RealFleet.StartAsync(static _ => { }, new FleetSetup());
        string file = await fleet.FileAsync(replicas: Replicas);
        long begin = Stopwatch.GetTimestamp();
        (int exitCode, string said) = await fleet.QosAsync("deploy", "create", file, "--json");
        if (exitCode != 0)
            throw new InvalidOperationException(said);
        double created = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        string deployment = (string)JsonNode.Parse(said)!["deploymentId"]!;
        await fleet.ApproveAsync(deployment, 0, 1);
        await fleet.ProvisionAsync(deployment);
        double given = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        ApiReplica[] replicas = await fleet.ReadyAsync(deployment, Replicas);
        double ready = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        int asked = replicas.Count(static replica => replica.Mode == "Standard");
        if (asked != 1)
            throw new InvalidOperationException(Text($"{asked} replicas were booted for shares."));
        await fleet.PromoteAsync(deployment);
        var healed = new List<double>();
        for (int i = 0; i < Kills; i++)
            healed.Add(await HealAsync(fleet, deployment, Replicas, replicas[i].Id, "qos-enclave", shares: false));
        healed.Sort();
        return
        [
            new BenchRow(
                Text($"`qos deploy create` to {Replicas} local replicas serving, one given shares"), Text($"{ready:F1} s"), Text($"created after {created:F1} s, shares given after {given:F1} s"), "", "<= 10 s", ready <= 10),
            new BenchRow(Text($"a killed replica serves again, median of {Kills}"), Text($"{healed[Kills / 2]:F2} s"), Text($"slowest {healed[^1]:F2} s"), "", "<= 2 s", healed[Kills / 2] <= 2),
        ];
    }

    // The image believes documents under AWS's root alone, so machines cannot give the key to one another: the successor is given shares.
    private static async Task<IReadOnlyList<BenchRow>> MachinesAsync()
    {
        string eif = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Programs.Find("qos"))!, "..", "..", "eif"));
        string folder = Directory.CreateTempSubdirectory("qos-bench").FullName;
        try
        {
            if (await WhyNotAsync(eif, folder) is { } why)
                return [new BenchRow($"skipped: {why}", "", "", "", "", true)];
            string image = Path.Combine(folder, "qos.eif");
            await using RealFleet fleet = await RealFleet.StartAsync(static _ => { }, new FleetSetup
            {
                Pcrs = Path.ChangeExtension(image, "pcrs"),
                Arguments = ["--port", "3000"],
                Settings = settings =>
                {
                    settings["runner"]!["kind"] = "machine";
                    settings["runner"]!["script"] = Path.Combine(eif, "qemu", "run");
                    settings["images"]![0]!["eif"] = image;
                },
            });
            string deployment = await fleet.DeployAsync(replicas: 2);
            await fleet.ProvisionAsync(deployment);
            await fleet.ProvisionAsync(deployment);
            ApiReplica[] replicas = await fleet.ReadyAsync(deployment, 2);
            await fleet.PromoteAsync(deployment);
            var healed = new List<double>();
            for (int i = 0; i < MachineKills; i++)
            {
                healed.Add(await HealAsync(fleet, deployment, 2, replicas[0].Id, "qemu-system-x86", shares: true));
                replicas = await fleet.ReadyAsync(deployment, 2);
            }

            healed.Sort();
            return [new BenchRow(Text($"in QEMU, the key by shares, median of {MachineKills}"), Text($"{healed[MachineKills / 2]:F1} s"), Text($"slowest {healed[^1]:F1} s"), "", "<= 8 s", healed[MachineKills / 2] <= 8)];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<double> HealAsync(RealFleet fleet, string deployment, int count, string victim, string program, bool shares)
    {
        long killed = Stopwatch.GetTimestamp();
        await RealFleet.KillAsync([.. fleet.ProcessesOf(victim)[program]]);
        if (shares)
            await fleet.ProvisionAsync(deployment);
        await fleet.ReadyAsync(deployment, count, without: victim);
        return Stopwatch.GetElapsedTime(killed).TotalSeconds;
    }

    private static async Task<string?> WhyNotAsync(string eif, string folder)
    {
        await using RunningProgram qemu = RunningProgram.StartAt("find-qemu", Path.Combine(eif, "qemu", "find-qemu"), "--signing", "--no-build");
        if (await qemu.ExitAsync() != 0)
            return string.Join(' ', qemu.Errors);
        await using RunningProgram image = RunningProgram.StartAt("build-image", Path.Combine(eif, "build-image"), "--out", folder, "--any-kernel", "--no-build");
        return await image.ExitAsync() == 0 ? null : string.Join(' ', image.Errors);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
