using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Qos.EndToEnd.Fleet;
using Qos.EndToEnd.Local;
using Qos.Fleet.Api;
using Qos.Fleet.World;

namespace Qos.EndToEnd.Tests;

/// <summary>The published control service with local replicas.</summary>
public class FleetTests(ITestOutputHelper output)
{
    [RootFact]
    public async Task Of_two_services_on_one_database_the_leader_is_killed_and_the_other_one_takes_all_over_while_both_carry_traffic()
    {
        Assert.SkipWhen(PostgresServer.WhyNot is not null, PostgresServer.WhyNot ?? "");
        await using RealFleet fleet = await RealFleet.StartAsync(output.WriteLine, new FleetSetup { Services = 2, Database = PostgresServer.One.NewDatabase() });
        string deployment = await fleet.DeployAsync(replicas: 3);
        await fleet.ProvisionAsync(deployment);
        ApiReplica[] replicas = await fleet.ReadyAsync(deployment, 3, service: 1);
        await fleet.PromoteAsync(deployment);

        using var traffic = new Traffic(fleet);
        await Eventually.TrueAsync(() => traffic.Served.All(static served => served > 0), () => $"Not both ingresses serve.\n{fleet.Log}");
        int leader = fleet.Services.FindIndex(static service => service.Log.Contains("This service reconciles", StringComparison.Ordinal)), other = 1 - leader;
        Assert.DoesNotContain("This service reconciles", fleet.Services[other].Log, StringComparison.Ordinal);
        traffic.Stop(leader);
        await fleet.Services[leader].KillAsync();
        await fleet.Services[other].SaysAsync("This service reconciles");

        // All are found as they are; one that dies now is healed by the new leader, with the others' key.
        string victim = replicas[1].Id;
        await RealFleet.KillAsync([.. fleet.ProcessesOf(victim)["qos-enclave"]]);
        ApiReplica[] after = await fleet.ReadyAsync(deployment, 3, other, without: victim);
        Assert.Equal(replicas.Where(replica => replica.Id != victim).Select(static replica => replica.Id).Order(), after.Select(static replica => replica.Id).Intersect(replicas.Select(static replica => replica.Id)).Order());
        PostgresServer.One.Restart();
        long served = traffic.Served[other];
        await Eventually.TrueAsync(() => traffic.Served[other] > served + 50, () => "The traffic stands still while the database restarts.");
        await RealFleet.KillAsync([.. fleet.ProcessesOf(after[0].Id)["qos-enclave"]]);
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await fleet.ReadyAsync(deployment, 3, other, without: after[0].Id);
                    return true;
                }
                catch (ApiException)
                {
                    return false;
                }
            },
            () => fleet.Log);
        await traffic.EndAsync();
        Assert.Empty(traffic.Failures);
        Assert.Equal(3, Directory.GetDirectories(fleet.Replicas).Length);
    }

    [RootFact]
    public async Task An_image_behind_a_password_is_deployed_by_the_command_line_and_only_a_debug_deployment_shows_its_output()
    {
        Assert.SkipWhen(DebianRegistry.WhyNot is not null, DebianRegistry.WhyNot ?? "");
        var setup = new FleetSetup();
        await using DebianRegistry registry = await DebianRegistry.StartAsync(setup.Program, withTokens: false), withTokens = await DebianRegistry.StartAsync(setup.Program, withTokens: true);
        await using RealFleet fleet = await RealFleet.StartAsync(output.WriteLine, setup);
        string file = await fleet.FileAsync(registry.Image, debug: true);
        (int exitCode, string said) = await fleet.QosAsync("deploy", "create", file);
        Assert.True(exitCode == 1 && said.Contains("give a pull secret", StringComparison.Ordinal), said);
        (exitCode, said) = await fleet.QosAsync("deploy", "create", file, "--pull-secret", registry.ConfigFile("another password"));
        Assert.True(exitCode == 1 && said.Contains("refuses the credentials", StringComparison.Ordinal) && !said.Contains("another password", StringComparison.Ordinal), said);
        (exitCode, said) = await fleet.QosAsync("deploy", "create", file, "--pull-secret", registry.ConfigFile(), "--json");
        Assert.True(exitCode == 0, said);
        string debug = (string)JsonNode.Parse(said)!["deploymentId"]!;
        await fleet.ApproveAsync(debug, 0, 1);
        await fleet.ProvisionAsync(debug);
        await fleet.ReadyAsync(debug, 1);
        (exitCode, said) = await fleet.QosAsync("deploy", "logs", debug, "--tail", "100");
        Assert.True(exitCode == 0 && said.Contains("replica 1/1: ", StringComparison.Ordinal) && said.Contains("pivot started", StringComparison.Ordinal), said);

        // The other registry gives tokens for the password. This deployment is not in debug mode.
        int before = withTokens.Tokens;
        (exitCode, said) = await fleet.QosAsync("deploy", "create", await fleet.FileAsync(withTokens.Image, debug: false), "--pull-secret", withTokens.ConfigFile(), "--json");
        Assert.True(exitCode == 0, said);
        Assert.True(withTokens.Tokens > before);
        (exitCode, said) = await fleet.QosAsync("deploy", "logs", (string)JsonNode.Parse(said)!["deploymentId"]!);
        Assert.True(exitCode == 1 && said.Contains("only deployments in debug mode", StringComparison.Ordinal), said);
        Assert.DoesNotContain(DebianRegistry.Password, fleet.Log, StringComparison.Ordinal);
    }

    /// <summary>Clients of every service's ingress, until they are told to stop.</summary>
    private sealed class Traffic : IDisposable
    {
        private readonly CancellationTokenSource[] _ends;
        private readonly Task[] _clients;

        public Traffic(RealFleet fleet)
        {
            Served = new long[fleet.Services.Count];
            _ends = [.. fleet.Services.Select(static _ => new CancellationTokenSource())];
            _clients = [.. Enumerable.Range(0, fleet.Services.Count * 4).Select(i => Task.Run(() => AskAsync(fleet, i % fleet.Services.Count)))];
        }

        public long[] Served { get; }

        public ConcurrentBag<string> Failures { get; } = [];

        public void Stop(int service)
        {
            _ends[service].Cancel();
            Task.WaitAll([.. _clients.Where((_, i) => i % _ends.Length == service)]);
        }

        public async Task EndAsync()
        {
            foreach (CancellationTokenSource end in _ends)
                await end.CancelAsync();
            await Task.WhenAll(_clients);
        }

        public void Dispose()
        {
            foreach (CancellationTokenSource end in _ends)
                end.Cancel();
        }

        private async Task AskAsync(RealFleet fleet, int service)
        {
            using HttpClient app = fleet.App(service);
            while (!_ends[service].IsCancellationRequested)
            {
                using HttpResponseMessage response = await app.GetAsync(new Uri("/health", UriKind.Relative));

                // Until the ingress knows of the promotion.
                if (response.IsSuccessStatusCode)
                    Interlocked.Increment(ref Served[service]);
                else if (Served[service] > 0)
                    Failures.Add($"{response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
                else
                    await Task.Delay(20);
            }
        }
    }
}
