using Qos.Fleet.World;
using Qos.Protocol;

namespace Qos.Fleet.Tests;

/// <summary>Hosts that claim what no document says.</summary>
public class LyingHostTests
{
    [Fact]
    public async Task Another_node_s_document_makes_no_replica_ready()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        await world.DeployAsync(replicas: 2);
        using Reconciler reconciler = world.Start();
        await world.RunAsync(reconciler);
        Replica[] replicas = [.. await world.ReplicasAsync()];
        SimulatedNode honest = world.Node(replicas[0]);
        world.Node(replicas[1]).HasEnded = true;
        for (int i = 0; i < 12; i++)
        {
            await reconciler.PassAsync(null, default);
            foreach (SimulatedNode node in world.Runner.Nodes.Values.Where(node => node != honest && node.Phase != ProtocolPhase.WaitingForBootInstruction))
                node.Impersonates = honest;
        }

        Replica liar = (await world.ReplicasAsync()).Single(static replica => replica.Slot == 1);
        Assert.NotEqual(ReplicaState.Ready, liar.State);
        Assert.Contains("refused", liar.Message, StringComparison.Ordinal);
        Assert.Equal(2, (await world.Database.ProofsAsync(world.App.Id, long.MaxValue, 10, default)).Count);
    }

    [Fact]
    public async Task What_a_host_says_is_kept_as_text_and_has_an_end()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        await world.DeployAsync(replicas: 1);
        using Reconciler reconciler = world.Start();
        await FleetWorld.SettleAsync(reconciler);
        SimulatedNode node = world.Node(Assert.Single(await world.ReplicasAsync()));
        (node.IsSilent, node.Silence) = (true, "\u001b[2J\u202e" + new string('x', 5000));
        await reconciler.PassAsync(null, default);
        string message = Assert.Single(await world.ReplicasAsync()).Message!;
        Assert.Contains(@"\u{1b}[2J\u{202e}xxx", message, StringComparison.OrdinalIgnoreCase);
        Assert.InRange(message.Length, 100, 1100);
    }

    [Fact]
    public async Task A_claimed_phase_is_not_believed_and_its_replica_is_replaced()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        await world.DeployAsync(replicas: 1);
        using Reconciler reconciler = world.Start();
        await FleetWorld.SettleAsync(reconciler);
        Replica waiting = Assert.Single(await world.ReplicasAsync());
        world.Node(waiting).Claims = ProtocolPhase.QuorumKeyProvisioned;
        await reconciler.PassAsync(null, default);
        Replica refused = Assert.Single(await world.ReplicasAsync());
        Assert.False(refused.IsProvisioned);
        Assert.Contains("its document is refused at", refused.Message, StringComparison.Ordinal);

        world.Clock.Now += TimeSpan.FromSeconds(11);
        await FleetWorld.SettleAsync(reconciler);
        Assert.NotEqual(waiting.Id, Assert.Single(await world.ReplicasAsync()).Id);
    }

    [Fact]
    public async Task A_host_that_answers_and_then_dies_is_replaced_unless_it_is_the_last_with_the_key()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        await world.DeployAsync(replicas: 2);
        using Reconciler reconciler = world.Start();
        await world.RunAsync(reconciler);
        Replica[] before = [.. await world.ReplicasAsync()];
        foreach (Replica replica in before)
            world.Node(replica).IsSilent = true;
        for (int i = 0; i < 200; i++)
        {
            await reconciler.PassAsync(null, default);
            world.Clock.Now += TimeSpan.FromSeconds(2);
        }

        // Both are left alone: nobody else has the key.
        Replica[] after = [.. await world.ReplicasAsync()];
        Assert.Equal(before.Select(static replica => replica.Id), after.Select(static replica => replica.Id));
        Assert.DoesNotContain(after, static replica => replica.State == ReplicaState.Ready);

        // One of them comes back: then the other one can be replaced.
        world.Node(before[0]).IsSilent = false;
        for (int i = 0; i < 200; i++)
        {
            await reconciler.PassAsync(null, default);
            world.Clock.Now += TimeSpan.FromSeconds(2);
        }

        after = [.. await world.ReplicasAsync()];
        Assert.All(after, static replica => Assert.Equal(ReplicaState.Ready, replica.State));
        Assert.Contains(after, replica => replica.Id == before[0].Id);
        Assert.DoesNotContain(after, replica => replica.Id == before[1].Id);
    }

    [Fact]
    public async Task A_share_for_another_replica_s_key_is_not_delivered()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        await world.DeployAsync(replicas: 1);
        using Reconciler reconciler = world.Start();
        await FleetWorld.SettleAsync(reconciler);
        await world.ProvisionAsync(0);
        Replica first = Assert.Single(await world.ReplicasAsync());
        world.Node(first).HasEnded = true;
        await FleetWorld.SettleAsync(reconciler);
        Assert.Equal(ReplicaState.AwaitingShares, Assert.Single(await world.ReplicasAsync()).State);
        Assert.Equal(0u, (uint)(await world.Node(Assert.Single(await world.ReplicasAsync())).StatusAsync(default)).Shares!.Received.Count);
    }

    [Fact]
    public async Task Documents_of_a_module_whose_clock_is_years_away_are_refused_and_said_why()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        world.ModuleClock = new HeldClock { Now = world.Clock.Now.AddYears(-3) };
        await world.DeployAsync(replicas: 1);
        using Reconciler reconciler = world.Start();
        for (int i = 0; i < 5; i++)
            await reconciler.PassAsync(null, default);
        Replica replica = Assert.Single(await world.ReplicasAsync());
        Assert.Contains("refused at document.", replica.Message, StringComparison.Ordinal);
        Assert.Null(replica.SetupDocument);
    }
}
