using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Qos.Fleet.World;
using Qos.Protocol;

namespace Qos.Fleet.Tests;

/// <summary>A fleet from nothing to served, healed, changed and gone.</summary>
public class ReconcilerTests
{
    [Fact]
    public async Task One_replica_is_given_shares_and_all_others_its_key()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        await world.DeployAsync(replicas: 5);
        using Reconciler reconciler = world.Start();
        await world.RunAsync(reconciler);

        IReadOnlyList<Replica> replicas = await world.ReplicasAsync();
        Assert.Equal(5, replicas.Count);
        Assert.All(replicas, static replica => Assert.Equal(ReplicaState.Ready, replica.State));
        Assert.Equal(BootMode.Standard, Assert.Single(replicas, static replica => replica.Mode == BootMode.Standard).Mode);
        Assert.All(world.Runner.Everything, static node => Assert.Equal(1, node.Boots));
        Assert.Equal(5, (await world.Database.ProofsAsync(world.App.Id, long.MaxValue, 100, default)).Count);
        Assert.Null((await world.Database.VerifyChainAsync(null, default)).Fault);
    }

    [Fact]
    public async Task Nothing_starts_that_was_not_approved()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        Deployment deployment = await world.DeployAsync(approve: false);
        using Reconciler reconciler = world.Start();
        await world.RunAsync(reconciler);
        Assert.Empty(world.Runner.Everything);

        await world.ApproveAsync(deployment);
        await world.RunAsync(reconciler);
        Assert.Equal(3, (await world.ReplicasAsync()).Count(static replica => replica.State == ReplicaState.Ready));
    }

    [Fact]
    public async Task A_dead_replica_is_replaced_without_a_share_holder()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        await world.DeployAsync();
        using Reconciler reconciler = world.Start();
        await world.RunAsync(reconciler);
        foreach (int slot in (int[])[1, 0])
        {
            Replica victim = (await world.ReplicasAsync()).Single(replica => replica.Slot == slot);
            world.Node(victim).HasEnded = true;
            await FleetWorld.SettleAsync(reconciler);
            Replica next = (await world.ReplicasAsync()).Single(replica => replica.Slot == slot);
            Assert.NotEqual(victim.Id, next.Id);
            Assert.Equal((ReplicaState.Ready, BootMode.KeyForward), (next.State, next.Mode));
            Assert.DoesNotContain(victim.Id, world.Runner.Nodes.Keys);
        }
    }

    [Fact]
    public async Task Of_an_app_that_does_not_come_up_the_status_says_why()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        world.Runner.StartsHealthy = false;
        Deployment deployment = await world.DeployAsync(replicas: 1);
        using Reconciler reconciler = world.Start();
        await world.RunAsync(reconciler);
        SimulatedNode node = world.Runner.Nodes.Values.Single();
        foreach ((PivotStatus? pivot, string said) in ((PivotStatus?, string)[])[
            (null, $"its app does not say that it is well: GET /health at port {deployment.Health.Port}"),
            (new(PivotState.Restarting, 7, new(1, null)), "its app is started again and again: it last exited with code 1"),
            (new(PivotState.Failed, 0, null) { Reason = "exec: No such file\u202e" }, "its app cannot be started: exec: No such file\\u{202e}"),
            (new(PivotState.Exited, 0, new(null, 9)), "its app has ended: it last was ended by SIGKILL"),
        ])
        {
            node.Pivot = pivot;
            for (int i = 0; i < world.Settings.HealthFailures; i++)
            {
                world.Clock.Now += world.Settings.Interval;
                await reconciler.PassAsync(null, default);
            }

            Replica replica = Assert.Single(await world.ReplicasAsync());
            Assert.Equal((ReplicaState.Provisioned, said), (replica.State, replica.Message));
        }

        node.IsHealthy = true;
        await reconciler.PassAsync(null, default);
        Assert.Equal((ReplicaState.Ready, null), (Assert.Single(await world.ReplicasAsync()) is var well ? (well.State, well.Message) : default));
    }

    [Fact]
    public async Task Of_replicas_that_are_gone_nothing_is_remembered()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        Deployment deployment = await world.DeployAsync(replicas: 2);
        using Reconciler reconciler = world.Start();
        await world.RunAsync(reconciler);
        for (int i = 0; i < 10; i++)
        {
            world.Node((await world.ReplicasAsync()).Single(static replica => replica.Slot == 1)).HasEnded = true;
            world.Clock.Now += TimeSpan.FromHours(1);
            await FleetWorld.SettleAsync(reconciler);
            Assert.Equal((2, 2), ((await world.ReplicasAsync()).Count, reconciler.Remembered));
        }

        await world.Database.DeleteDeploymentAsync(await world.ActivityAsync(), "{}", deployment.Id, default);
        await FleetWorld.SettleAsync(reconciler);
        Assert.Empty(world.Runner.Nodes);
        Assert.Equal(0, reconciler.Remembered);
    }

    [Fact]
    public async Task That_an_instance_belongs_to_no_replica_is_said_once_for_as_long_as_it_is_seen()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        Deployment deployment = await world.DeployAsync(replicas: 2);
        var log = new Lines();
        using Reconciler reconciler = world.Start(logger: log);
        await world.RunAsync(reconciler);
        string[] replicas = [.. world.Runner.Nodes.Keys.Order(StringComparer.Ordinal)];
        world.Runner.Lingers = true;
        await world.Database.DeleteDeploymentAsync(await world.ActivityAsync(), "{}", deployment.Id, default);
        await FleetWorld.SettleAsync(reconciler);
        for (int i = 0; i < 5; i++)
            await reconciler.PassAsync(null, default);
        Assert.Equal(replicas.Select(static id => $"Instance {id} belongs to no replica and is stopped"), log.Strangers.Order(StringComparer.Ordinal));
        Assert.Equal(2, reconciler.Remembered);

        // Gone, and seen again.
        SimulatedNode first = world.Runner.Nodes[replicas[0]];
        world.Runner.Lingers = false;
        await reconciler.PassAsync(null, default);
        await reconciler.PassAsync(null, default);
        Assert.Equal(0, reconciler.Remembered);
        world.Runner.Nodes[replicas[0]] = first;
        await reconciler.PassAsync(null, default);
        Assert.Equal(3, log.Strangers.Count());
    }

    [Fact]
    public async Task An_instance_that_cannot_be_stopped_keeps_no_other_running_and_is_told_once()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        var log = new Lines();
        using Reconciler reconciler = world.Start(logger: log);
        string[] strangers = ["a", "b", "c"];
        foreach (string id in strangers)
            world.Runner.Nodes[id] = new SimulatedNode(world, new ReplicaLaunch { ReplicaId = id, DeploymentId = "d", AppId = "e", Slot = 0, QosVersion = "f", Ports = [] });
        world.Runner.Stopping = static id => id == "a" ? throw new RunnerException("its folder is in use") : Task.CompletedTask;
        for (int i = 0; i < 3; i++)
            await reconciler.PassAsync(null, default);
        Assert.Equal("a", Assert.Single(world.Runner.Nodes.Keys));
        Assert.Equal("Instance a belongs to no replica and cannot be stopped: its folder is in use", Assert.Single(log.Strangers, static line => line.Contains("cannot", StringComparison.Ordinal)));
        Assert.Equal(4, log.Strangers.Count());
    }

    [Fact]
    public async Task A_clock_that_is_put_back_holds_nothing_up()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        world.Clock.Now += TimeSpan.FromHours(1);
        Deployment deployment = await world.DeployAsync(replicas: 2);
        using Reconciler reconciler = world.Start();
        await world.RunAsync(reconciler);
        for (int i = 0; i < 4 && (await world.ReplicasAsync()).FirstOrDefault(static replica => replica.Slot == 1) is { } victim; i++)
        {
            world.Node(victim).HasEnded = true;
            await FleetWorld.SettleAsync(reconciler);
        }

        Assert.Single(await world.ReplicasAsync());
        world.Clock.Now -= TimeSpan.FromMinutes(30);
        await FleetWorld.SettleAsync(reconciler);
        Assert.Equal(2, (await world.ReplicasAsync()).Count);

        world.Traffic = 1;
        await world.Database.DeleteDeploymentAsync(await world.ActivityAsync(), "{}", deployment.Id, default);
        await FleetWorld.SettleAsync(reconciler);
        Assert.NotEmpty(await world.ReplicasAsync());
        world.Traffic = 0;
        world.Clock.Now -= TimeSpan.FromSeconds(10);
        await FleetWorld.SettleAsync(reconciler);
        Assert.Empty(await world.ReplicasAsync());
    }

    [Fact]
    public async Task Where_replicas_cannot_give_the_key_each_one_waits_for_shares()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        world.Runner.CanForward = false;
        await world.DeployAsync(replicas: 2);
        using Reconciler reconciler = world.Start();
        await FleetWorld.SettleAsync(reconciler);
        Assert.All(await world.ReplicasAsync(), static replica => Assert.Equal((ReplicaState.AwaitingShares, BootMode.Standard), (replica.State, replica.Mode)));
        await world.RunAsync(reconciler);
        Replica victim = (await world.ReplicasAsync())[0];
        Assert.Equal(ReplicaState.Ready, victim.State);
        world.Node(victim).HasEnded = true;
        await FleetWorld.SettleAsync(reconciler);
        Assert.Equal([ReplicaState.AwaitingShares, ReplicaState.Ready], (await world.ReplicasAsync()).OrderBy(static replica => replica.Slot).Select(static replica => replica.State));
    }

    [Fact]
    public async Task When_all_are_gone_share_holders_are_asked_again_and_once()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        await world.DeployAsync();
        using Reconciler reconciler = world.Start();
        await world.RunAsync(reconciler);
        foreach (SimulatedNode node in world.Runner.Nodes.Values)
            node.HasEnded = true;
        await FleetWorld.SettleAsync(reconciler);
        Assert.Single(await world.ReplicasAsync(), static replica => replica.State == ReplicaState.AwaitingShares);
        await world.RunAsync(reconciler);
        Assert.Equal(3, (await world.ReplicasAsync()).Count(static replica => replica.State == ReplicaState.Ready));
    }

    [Fact]
    public async Task The_replica_that_waits_for_shares_dies_and_another_one_waits()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        await world.DeployAsync();
        using Reconciler reconciler = world.Start();
        await FleetWorld.SettleAsync(reconciler);
        await world.ProvisionAsync(0);
        Replica first = (await world.ReplicasAsync()).Single(static replica => replica.State == ReplicaState.AwaitingShares);
        world.Node(first).HasEnded = true;
        await FleetWorld.SettleAsync(reconciler);
        Replica second = (await world.ReplicasAsync()).Single(static replica => replica.State == ReplicaState.AwaitingShares);
        Assert.NotEqual(first.SetupKey, second.SetupKey);
        await world.ProvisionAsync(0, 2);
        await FleetWorld.SettleAsync(reconciler);
        Assert.Equal(3, (await world.ReplicasAsync()).Count(static replica => replica.State == ReplicaState.Ready));
    }

    [Fact]
    public async Task Share_holders_who_take_a_day_are_given_a_document_that_is_still_valid()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        Deployment deployment = await world.DeployAsync();
        using Reconciler reconciler = world.Start();
        await FleetWorld.SettleAsync(reconciler);
        Replica first = (await world.ReplicasAsync()).Single(static replica => replica.State == ReplicaState.AwaitingShares);

        world.Clock.Now += TimeSpan.FromHours(24);
        await FleetWorld.SettleAsync(reconciler);
        Replica waiting = (await world.ReplicasAsync()).Single(static replica => replica.State == ReplicaState.AwaitingShares);
        Assert.Equal((first.Id, first.SetupKey), (waiting.Id, waiting.SetupKey));
        var verifier = new ReplicaVerifier(FleetWorld.Trust, world.Clock);
        Assert.Throws<DocumentRefusedException>(() => verifier.VerifySetup(deployment, first.SetupDocument!.Value));
        Assert.Equal(first.SetupKey, verifier.VerifySetup(deployment, waiting.SetupDocument!.Value));

        await world.RunAsync(reconciler);
        Assert.All(await world.ReplicasAsync(), static replica => Assert.Equal(ReplicaState.Ready, replica.State));
    }

    [Fact]
    public async Task The_next_deployment_gets_the_key_from_the_one_before()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        await world.DeployAsync(replicas: 2);
        using Reconciler reconciler = world.Start();
        await world.RunAsync(reconciler);
        Deployment next = await world.DeployAsync(replicas: 2);
        await FleetWorld.SettleAsync(reconciler);
        Replica[] replicas = [.. (await world.ReplicasAsync()).Where(replica => replica.DeploymentId == next.Id)];
        Assert.All(replicas, static replica => Assert.Equal((ReplicaState.Ready, BootMode.KeyForward), (replica.State, replica.Mode)));
        Assert.Equal(2, replicas.Length);
    }

    [Fact]
    public async Task A_deployment_that_may_not_be_given_the_key_waits_for_shares()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        await world.DeployAsync(replicas: 2);
        using Reconciler reconciler = world.Start();
        await world.RunAsync(reconciler);
        Deployment next = await world.DeployAsync(replicas: 2, change: static manifest => manifest with { ManifestSet = manifest.ManifestSet with { Threshold = 1 } });
        await FleetWorld.SettleAsync(reconciler);
        Assert.Single(await world.ReplicasAsync(), replica => replica.DeploymentId == next.Id && replica.State == ReplicaState.AwaitingShares);
    }

    [Fact]
    public async Task A_deployment_is_deleted_while_it_boots_and_restored_after_that()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        Deployment deployment = await world.DeployAsync();
        using Reconciler reconciler = world.Start();
        for (int i = 0; i < 3; i++)
            await reconciler.PassAsync(null, default);
        Assert.NotEmpty(world.Runner.Nodes);
        Assert.True(await world.Database.DeleteDeploymentAsync(await world.ActivityAsync(), "{}", deployment.Id, default));
        await FleetWorld.SettleAsync(reconciler);
        Assert.Empty(world.Runner.Nodes);
        Assert.Empty(await world.ReplicasAsync());

        Assert.True(await world.Database.RestoreDeploymentAsync(await world.ActivityAsync(), "{}", deployment.Id, default));
        await world.RunAsync(reconciler);
        Assert.Equal(3, (await world.ReplicasAsync()).Count(static replica => replica.State == ReplicaState.Ready));
    }

    [Fact]
    public async Task A_deleted_deployment_cannot_be_restored_when_its_time_is_over()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        Deployment deployment = await world.DeployAsync();
        using Reconciler reconciler = world.Start();
        await world.Database.DeleteDeploymentAsync(await world.ActivityAsync(), "{}", deployment.Id, default);
        await FleetWorld.SettleAsync(reconciler);
        world.Clock.Now += TimeSpan.FromHours(25);
        await FleetWorld.SettleAsync(reconciler);
        Assert.False(await world.Database.RestoreDeploymentAsync(await world.ActivityAsync(), "{}", deployment.Id, default));
    }

    [Fact]
    public async Task A_drained_replica_runs_until_its_requests_are_done()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        Deployment deployment = await world.DeployAsync(replicas: 1);
        using Reconciler reconciler = world.Start();
        await world.RunAsync(reconciler);
        world.Traffic = 1;
        await world.Database.DeleteDeploymentAsync(await world.ActivityAsync(), "{}", deployment.Id, default);
        await FleetWorld.SettleAsync(reconciler);
        Assert.Equal(ReplicaState.Draining, Assert.Single(await world.ReplicasAsync()).State);
        Assert.Single(world.Runner.Nodes);
        world.Traffic = 0;
        await FleetWorld.SettleAsync(reconciler);
        Assert.Empty(world.Runner.Nodes);
    }

    [Fact]
    public async Task An_instance_that_nobody_asked_for_is_stopped()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        Deployment deployment = await world.DeployAsync();
        await world.Runner.StartAsync(new ReplicaLaunch { ReplicaId = Guid.NewGuid().ToString(), DeploymentId = deployment.Id, AppId = world.App.Id, Slot = 0, QosVersion = "test", Ports = [] }, default);
        using Reconciler reconciler = world.Start();
        await world.RunAsync(reconciler);
        Assert.Equal(3, world.Runner.Nodes.Count);
    }

    [Fact]
    public async Task While_the_runner_cannot_say_what_runs_nothing_is_done()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        await world.DeployAsync();
        using Reconciler reconciler = world.Start();
        await world.RunAsync(reconciler);
        world.Runner.IsBroken = true;
        await Assert.ThrowsAsync<RunnerException>(() => reconciler.PassAsync(null, default));
        Assert.All(await world.ReplicasAsync(), static replica => Assert.Equal(ReplicaState.Ready, replica.State));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(5, 8)]
    [InlineData(50, 300)]
    public void Pauses_grow_with_failures_and_end_growing(int failures, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), FleetPlan.Backoff(failures, new FleetSettings()));

    [Fact]
    public async Task A_slot_that_fails_again_and_again_is_tried_more_and_more_rarely()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        await world.DeployAsync(replicas: 1);
        using Reconciler reconciler = world.Start();
        for (int i = 0; i < 100; i++)
        {
            foreach (SimulatedNode node in world.Runner.Nodes.Values)
                node.HasEnded = true;
            await reconciler.PassAsync(null, default);
            world.Clock.Now += TimeSpan.FromSeconds(1);
        }

        Assert.InRange(world.Runner.Everything.Count, 4, 12);
    }

    private sealed class Lines : ILogger<Reconciler>
    {
        private readonly ConcurrentQueue<string> _all = new();

        public IEnumerable<string> Strangers => _all.Where(static line => line.Contains("belongs to no replica", StringComparison.Ordinal));

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _all.Enqueue(formatter(state, exception));
    }
}
