using System.Data.Common;
using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using Qos.Fleet.Storage;
using Qos.Fleet.World;

namespace Qos.Fleet.Tests;

/// <summary>The database in a file.</summary>
public sealed partial class SqliteStorageTests : StorageTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qos-fleet-").FullName;

    protected override string[] DropTriggers =>
    [
        "DROP TRIGGER boot_proofs_no_update", "DROP TRIGGER boot_proofs_no_delete", "DROP TRIGGER blobs_no_update", "DROP TRIGGER blobs_no_delete",
    ];

    [Fact]
    public async Task A_full_disk_fails_the_call_and_loses_nothing()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root makes a small disk");
        string disk = Directory.CreateTempSubdirectory("qos-disk-").FullName;
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk);
        try
        {
            await using FleetWorld world = await FleetWorld.OnAsync(time => FleetDatabase.OpenAsync($"sqlite:{disk}/control.db", time));
            Deployment deployment = await world.DeployAsync();
            int kept = 0;
            await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                for (; kept < 1000; kept++)
                    await world.Database.ImportProofsAsync([Proof(world, kept + 1) with { Document = new byte[100_000] }], default);
            });
            Assert.InRange(kept, 1, 30);
            ChainReport report = await world.Database.VerifyChainAsync(null, default);
            Assert.Equal((kept, null), ((int)report.Records, report.Fault));

            await RunAsync("mount", "-o", "remount,size=20m", disk);
            await world.Database.ImportProofsAsync([Proof(world, kept + 1)], default);
            Assert.Equal(kept + 1, (await world.Database.VerifyChainAsync(null, default)).Records);
            Assert.NotNull(await world.Database.DeploymentAsync(world.OrganizationId, deployment.Id, default));
        }
        finally
        {
            await RunAsync("umount", "--lazy", disk);
            Directory.Delete(disk);
        }
    }

    [Fact]
    public async Task What_is_read_again_and_again_does_not_read_what_is_over()
    {
        string path = Path.Combine(_folder, "plans.db");
        var statements = new HashSet<string>(StringComparer.Ordinal);
        await using FleetWorld world = await FleetWorld.OnAsync(time => FleetDatabase.OpenAsync($"sqlite:{path}", time));
        await world.DeployAsync();
        using Reconciler reconciler = world.Start();
        await world.RunAsync(reconciler);

        // The pool gives the connection that the database gave back, and keeps what is said to it.
        using (var pooled = new SqliteConnection(SqliteSource.ConnectionStringOf(path)))
        {
            pooled.Open();
            SQLitePCL.raw.sqlite3_trace(pooled.Handle, (_, statement) => statements.Add(statement), null);
        }

        await reconciler.PassAsync(null, default);
        await reconciler.PassAsync(world.App.Id, default);
        await world.Database.RoutesAsync(default);
        await world.Database.TcpPortAsync(world.App.Id, default);
        await world.Database.TellDrainsAsync("one", ["a"], default);
        await world.Database.DrainsElsewhereAsync("one", default);
        await world.Database.OwnerOfKeyAsync("key", default);

        using var asks = new SqliteConnection(SqliteSource.ConnectionStringOf(path));
        asks.Open();
        var plans = new List<string>();
        foreach (string statement in statements.Where(static text => ReadsTables().IsMatch(text)))
        {
            using SqliteCommand explain = asks.CreateCommand();
            explain.CommandText = $"EXPLAIN QUERY PLAN {statement}";
            using SqliteDataReader steps = explain.ExecuteReader();
            while (steps.Read())
                plans.Add($"{steps.GetString(3)} in {statement}");
        }

        Assert.All((string[])["deployments_unpurged", "replicas_by_app", "replicas_by_slot", "shares_posted", "sqlite_autoindex_approvals_2"], index => Assert.Contains(plans, plan => plan.Contains(index, StringComparison.Ordinal)));
        Assert.DoesNotContain(plans, static plan => ReadsHistory().IsMatch(plan));
    }

    public override void Dispose()
    {
        base.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    protected override string NewLocation() => "sqlite:" + Path.Combine(_folder, $"{Guid.NewGuid():N}.db");

    protected override DbConnection Connect(string location) => new SqliteConnection("Data Source=" + location["sqlite:".Length..] + ";Default Timeout=30");

    [GeneratedRegex(@"^\s*(SELECT|UPDATE|DELETE)\b")]
    private static partial Regex ReadsTables();

    // Whole tables that grow for as long as the service lives, by their names or by those that statements give them. An index of what is not over is short.
    [GeneratedRegex(@"^SCAN (r|d|p|s|replicas|deployments|approvals|shares|activities|boot_proofs)\b(?! USING (COVERING )?INDEX (deployments_unpurged|replicas_by_app) )")]
    private static partial Regex ReadsHistory();
}
