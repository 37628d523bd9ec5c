using System.Diagnostics;
using Qos.EndToEnd.Fleet;
using Qos.EndToEnd.Local;
using Qos.Fleet.Api;
using Qos.Machine.Tests.Machines;

namespace Qos.Machine.Tests;

/// <summary>The published control service with replicas that are machines booted from the image.</summary>
[Collection(MachineCollection.Name)]
public sealed class FleetTests(MachineImage image, ITestOutputHelper output)
{
    [MachineFact(MachineNeed.SigningModule)]
    public async Task Two_machines_serve_one_is_killed_and_healed_and_a_debug_deployment_shows_its_console()
    {
        await using RealFleet fleet = await RealFleet.StartAsync(output.WriteLine, new FleetSetup
        {
            Pcrs = Path.ChangeExtension(image.Image, "pcrs"),
            Arguments = ["--port", "3000"],
            Settings = settings =>
            {
                settings["runner"]!["kind"] = "machine";
                settings["runner"]!["script"] = Repository.PathOf("eif", "qemu", "run");
                settings["images"]![0]!["eif"] = image.Image;
            },
        });
        string deployment = await fleet.DeployAsync(replicas: 2, debug: true);

        // The image believes AWS's root alone, so these machines cannot give the key to one another: members are asked for each.
        await fleet.ProvisionAsync(deployment);
        await fleet.ProvisionAsync(deployment);
        ApiReplica[] replicas = await fleet.ReadyAsync(deployment, 2);
        await fleet.PromoteAsync(deployment);
        using HttpClient app = fleet.App();
        await Eventually.TrueAsync(async () => (await app.GetAsync(new Uri("/health", UriKind.Relative))).IsSuccessStatusCode, () => fleet.Log);

        long begin = Stopwatch.GetTimestamp();
        string victim = replicas[0].Id;
        await RealFleet.KillAsync([.. fleet.ProcessesOf(victim)["qemu-system-x86"]]);
        await fleet.ProvisionAsync(deployment);
        TimeSpan given = Stopwatch.GetElapsedTime(begin);
        ApiReplica[] after = await fleet.ReadyAsync(deployment, 2, without: victim);
        output.WriteLine($"a killed machine's successor was given shares after {given.TotalSeconds:0.0} s and served after {Stopwatch.GetElapsedTime(begin).TotalSeconds:0.0} s");
        Assert.Contains(replicas[1].Id, after.Select(static replica => replica.Id));
        Assert.True((await app.GetAsync(new Uri("/health", UriKind.Relative))).IsSuccessStatusCode);
        Assert.False(Directory.Exists(fleet.FolderOf(victim)));
        Assert.Empty(fleet.ProcessesOf(victim).SelectMany(static ids => ids));

        ApiLogEntry[] logs = [.. (await fleet.Clients[0].QueryAsync("get_tvc_deployment_debug_logs", new QueryParameters { DeploymentId = deployment, TailLines = 200 })).Entries!];
        Assert.Equal(["replica 1/2", "replica 2/2"], logs.Select(static line => line.ReplicaLabel).Distinct().Order());
        Assert.Contains(logs, static line => line.Line.Content.Contains("pivot started", StringComparison.Ordinal));

        await fleet.Clients[0].SubmitAsync("delete_tvc_app_and_deployments", new AppParameters { AppId = fleet.AppId }, ApiJson.Default.AppParameters, ApiJson.Default.JsonElement);
        await Eventually.TrueAsync(() => Directory.GetDirectories(fleet.Replicas).Length == 0, () => fleet.Log);
    }
}
