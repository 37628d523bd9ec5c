using Qos.Fleet.World;

namespace Qos.Fleet.Tests;

/// <summary>The service is killed at every one of its effects, before it and after it, and started again.</summary>
public class InterruptionTests
{
    [Fact]
    public async Task Killed_at_every_step_the_fleet_comes_to_the_same()
    {
        int kills = 0;
        for (int effect = 1; ; effect++)
        {
            await using FleetWorld world = await FleetWorld.OnSqliteAsync();
            await world.DeployAsync(replicas: 2);
            world.Interruption.At(effect);
            bool killed = await KilledAsync(world, async reconciler =>
            {
                await world.RunAsync(reconciler);
                Replica victim = (await world.ReplicasAsync())[0];
                world.Node(victim).HasEnded = true;
                await FleetWorld.SettleAsync(reconciler, world.Interruption.Life);
            });
            world.Interruption.Never();
            using (Reconciler again = world.Start())
            {
                // What a back-off holds back is due by then.
                await world.RunAsync(again);
                world.Clock.Now += TimeSpan.FromMinutes(10);
                await world.RunAsync(again);
            }

            IReadOnlyList<Replica> replicas = await world.ReplicasAsync();
            Assert.True(replicas.Count == 2 && replicas.All(static replica => replica.State == ReplicaState.Ready), $"killed at {effect}: {string.Join(", ", replicas.Select(static r => r.State))}");
            Assert.Equal(replicas.Select(static replica => replica.Id).Order(), world.Runner.Nodes.Keys.Order());
            Assert.All(world.Runner.Everything, static node => Assert.True(node.Boots <= 1 && node.Injections <= 1));
            Assert.Null((await world.Database.VerifyChainAsync(null, default)).Fault);
            if (!killed)
                break;
            kills++;
        }

        Assert.InRange(kills, 30, 500);
    }

    private static async Task<bool> KilledAsync(FleetWorld world, Func<Reconciler, Task> live)
    {
        using Reconciler reconciler = world.Start();
        try
        {
            await live(reconciler);
        }
        catch (Exception) when (world.Interruption.HasHappened)
        {
        }

        return world.Interruption.HasHappened;
    }
}
