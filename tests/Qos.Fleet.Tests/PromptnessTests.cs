using Qos.Fleet.World;
using Qos.Runtime.Tests;

namespace Qos.Fleet.Tests;

/// <summary>What is worth looking at is looked at, long before everything is. The interval here is an hour of a clock that only the test moves.</summary>
public class PromptnessTests
{
    private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task What_a_runner_tells_while_a_step_is_under_way_is_looked_at_after_it()
    {
        await using Life life = await Life.BeginAsync();
        life.World.Runner.AfterStart = async () =>
        {
            // The runner has told that the replica is there. The pass that this woke is over when the next one has begun, and it left the replica out.
            int looks = life.World.Runner.Looks;
            life.Reconciler.Wake(life.World.App.Id);
            await UntilAsync(() => life.World.Runner.Looks > looks, "no pass");
            looks = life.World.Runner.Looks;
            life.Reconciler.Wake(life.World.App.Id);
            await UntilAsync(() => life.World.Runner.Looks > looks, "no second pass");
        };
        await life.World.DeployAsync(replicas: 1);
        life.Reconciler.Wake(life.World.App.Id);
        await life.ReachesAsync(ReplicaState.AwaitingShares);
        Assert.Equal(0, life.Time.GetTimestamp());
    }

    [Fact]
    public async Task An_app_that_comes_up_a_little_after_its_key_is_soon_found_well()
    {
        await using Life life = await Life.BeginAsync();
        life.World.Runner.StartsHealthy = false;
        await life.World.DeployAsync(replicas: 1);
        life.Reconciler.Wake(life.World.App.Id);
        await life.ReachesAsync(ReplicaState.AwaitingShares);
        await life.World.ProvisionAsync(0, 1);
        life.Reconciler.Wake(life.World.App.Id);
        await life.ReachesAsync(ReplicaState.Provisioned);
        await UntilAsync(() => life.World.Runner.HealthQuestions > 0, "nobody asked whether the app is well");
        life.World.Runner.Nodes.Values.Single().IsHealthy = true;
        await UntilAsync(
            async () =>
            {
                life.Time.Advance(s_soon);
                return await life.IsInAsync(ReplicaState.Ready);
            },
            "it is not ready");
        Assert.True(life.Time.GetUtcNow() - DateTimeOffset.UnixEpoch < Life.Interval, "It was found well when everything was looked at.");
    }

    [Fact]
    public async Task Hosts_that_never_answer_hold_up_no_replica_of_another_host()
    {
        await using Life life = await Life.BeginAsync(parallelism: 2);
        await life.World.DeployAsync(replicas: 6);
        life.Reconciler.Wake(life.World.App.Id);
        await UntilAsync(async () => (await life.World.ReplicasAsync()).Any(static replica => replica.State == ReplicaState.AwaitingShares), "nobody waits for shares");
        await life.World.ProvisionAsync(0, 1);
        life.Reconciler.Wake(life.World.App.Id);
        await UntilAsync(async () => (await life.World.ReplicasAsync()).Count(static replica => replica.State == ReplicaState.Ready) == 6, "they are not ready");
        foreach (SimulatedNode node in life.World.Runner.Nodes.Values)
            node.Hangs = true;
        int before = life.World.Runner.HealthQuestions;
        Replica victim = (await life.World.ReplicasAsync()).Single(static replica => replica.Slot == 5);
        life.World.Node(victim).HasEnded = true;

        // Two at a time fill the slots. When they have waited long, others have their turn.
        life.Reconciler.Wake(life.World.App.Id);
        await UntilAsync(() => life.World.Runner.HealthQuestions >= before + 2, "nobody hangs");
        await UntilAsync(
            async () =>
            {
                life.Time.Advance(s_soon);
                return (await life.World.ReplicasAsync()).All(replica => replica.Id != victim.Id);
            },
            "the dead replica waits for the others");
        Assert.True(life.Time.GetUtcNow() - DateTimeOffset.UnixEpoch < life.World.Settings.NodeLimit, "It waited for them to be given up.");
    }

    [Fact]
    public async Task Looks_for_the_sake_of_others_take_no_traffic_from_an_app_that_stumbles()
    {
        await using FleetWorld world = await FleetWorld.OnSqliteAsync();
        await world.DeployAsync(replicas: 1);
        using Reconciler reconciler = world.Start();
        await world.RunAsync(reconciler);
        SimulatedNode node = world.Runner.Nodes.Values.Single();
        node.IsHealthy = false;
        for (int i = 0; i < 20; i++)
            await reconciler.PassAsync(world.App.Id, default);
        Assert.Equal(ReplicaState.Ready, Assert.Single(await world.ReplicasAsync()).State);

        world.Clock.Now += world.Settings.Interval * 2;
        await reconciler.PassAsync(null, default);
        Assert.Equal(ReplicaState.Provisioned, Assert.Single(await world.ReplicasAsync()).State);
        node.IsHealthy = true;
        await reconciler.PassAsync(null, default);
        Assert.Equal(ReplicaState.Ready, Assert.Single(await world.ReplicasAsync()).State);
    }

    private static Task UntilAsync(Func<bool> look, string complaint) => UntilAsync(() => Task.FromResult(look()), complaint);

    private static async Task UntilAsync(Func<Task<bool>> look, string complaint)
    {
        for (int i = 0; i < 12_000; i++)
        {
            if (await look())
                return;
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException(complaint);
    }

    /// <summary>A service that runs, on a clock of its own.</summary>
    private sealed class Life : IAsyncDisposable
    {
        public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

        private readonly CancellationTokenSource _end = new();
        private readonly Task _running;

        private Life(FleetWorld world, int parallelism)
        {
            World = world;
            world.Settings = world.Settings with { Interval = Interval, Parallelism = parallelism };
            Reconciler = world.Start(Time);
            _running = Reconciler.RunAsync(_end.Token);
        }

        public FleetWorld World { get; }

        public ManualTime Time { get; } = new();

        public Reconciler Reconciler { get; }

        public static async Task<Life> BeginAsync(int parallelism = 32) => new(await FleetWorld.OnSqliteAsync(), parallelism);

        public async Task<bool> IsInAsync(ReplicaState state) => (await World.ReplicasAsync()) is [var only] && only.State == state;

        public Task ReachesAsync(ReplicaState state) => UntilAsync(() => IsInAsync(state), $"it does not come to {state}");

        public async ValueTask DisposeAsync()
        {
            World.Runner.AfterStart = static () => Task.CompletedTask;
            await _end.CancelAsync();
            await _running;
            Reconciler.Dispose();
            _end.Dispose();
            await World.DisposeAsync();
        }
    }
}
