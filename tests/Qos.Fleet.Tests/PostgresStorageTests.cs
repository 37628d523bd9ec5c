using System.Data.Common;
using Npgsql;
using Qos.Fleet.Storage;
using Qos.Fleet.World;

namespace Qos.Fleet.Tests;

/// <summary>The database on a server.</summary>
public sealed class PostgresStorageTests : StorageTests
{
    public PostgresStorageTests() => Assert.SkipWhen(PostgresServer.WhyNot is not null, PostgresServer.WhyNot ?? "");

    protected override string[] DropTriggers => ["DROP TRIGGER boot_proofs_no_change ON boot_proofs", "DROP TRIGGER blobs_no_change ON blobs"];

    [Fact]
    public async Task A_server_that_crashes_under_the_fleet_loses_nothing()
    {
        await using FleetWorld world = await OpenAsync();
        await world.DeployAsync(replicas: 3);
        using Reconciler reconciler = world.Start();
        await reconciler.PassAsync(null, default);
        await reconciler.PassAsync(null, default);
        PostgresServer.One.Restart();
        for (int i = 0; i < 30; i++)
        {
            try
            {
                await world.RunAsync(reconciler);
                break;
            }
            catch (DbException)
            {
                // Connections of before; the pool finds that out one by one.
            }
        }

        Assert.Equal(3, (await world.ReplicasAsync()).Count(static replica => replica.State == ReplicaState.Ready));
        Assert.All(world.Runner.Everything, static node => Assert.True(node.Boots <= 1));
        Assert.Null((await world.Database.VerifyChainAsync(null, default)).Fault);
    }

    [Fact]
    public async Task Whoever_led_is_not_leading_any_more_when_its_session_is_cut()
    {
        string location = NewLocation();
        await using FleetDatabase one = await FleetDatabase.OpenAsync(location, TimeProvider.System), two = await FleetDatabase.OpenAsync(location, TimeProvider.System);
        await using Leadership first = (await one.TryLeadAsync(default))!;
        await ExecuteAsync("SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()", location);
        Assert.False(await first.IsHeldAsync(default));
        await using Leadership? second = await two.TryLeadAsync(default);
        Assert.NotNull(second);
    }

    protected override string NewLocation() => PostgresServer.One.NewDatabase();

    protected override DbConnection Connect(string location) => new NpgsqlConnection(location["postgres:".Length..]);
}
