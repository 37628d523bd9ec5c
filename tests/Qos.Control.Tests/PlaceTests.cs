using Qos.Fleet;
using Qos.Fleet.World;

namespace Qos.Control.Tests;

/// <summary>Services that share a database and not a machine.</summary>
public class PlaceTests
{
    [Fact]
    public async Task A_service_elsewhere_leaves_all_replicas_alone_and_says_why()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        world.Runner.Place = "machine-a:/replicas";
        IReadOnlyList<Replica> before;
        await using (ControlService first = await ControlService.StartAsync(new ServiceSetup { World = world }))
        {
            before = await first.ReadyAsync(await world.DeployAsync());
            Assert.Equal("ready", await first.GetAsync("readyz"));
        }

        // The next one runs on another machine, where its runner finds nothing.
        SimulatedNode[] nodes = [.. world.Runner.Nodes.Values];
        world.Runner.Nodes.Clear();
        world.Runner.Place = "machine-b:/replicas";
        await using (ControlService second = await ControlService.StartAsync(new ServiceSetup { World = world }))
        {
            string said = "";
            await Until.TrueAsync(async () => (said = await second.GetAsync("readyz")) != "ready", "the service does not say that it cannot reconcile");
            Assert.Equal(
                "ready, but does not reconcile: the fleet's replicas run at machine-a:/replicas, and this service's runner is at machine-b:/replicas: run the service there, or, when that is this machine or one "
                + "that is gone for good, set runner.place to \"machine-a:/replicas\"; replicas that are not found here are then replaced",
                said);
            Assert.Equal(before.Select(static replica => (replica.Id, replica.State)), (await world.ReplicasAsync()).Select(static replica => (replica.Id, replica.State)));
            Assert.Empty(world.Runner.Nodes);
        }

        // The machine is gone for good: its name is given to another one, which replaces what it does not find.
        world.Runner.Place = "machine-a:/replicas";
        await using ControlService third = await ControlService.StartAsync(new ServiceSetup { World = world });
        await Until.TrueAsync(
            async () => (await world.ReplicasAsync()) is { Count: 3 } after && after.All(replica => before.All(old => old.Id != replica.Id)), "the replicas are not replaced");
        Assert.Equal("ready", await third.GetAsync("readyz"));
        Assert.All(nodes, static node => Assert.False(node.HasEnded));
    }
}
