using System.Data.Common;
using Microsoft.Data.Sqlite;
using Qos.Fleet.Storage;
using Qos.Fleet.World;

namespace Qos.Fleet.Tests;

/// <summary>The database in a file.</summary>
public sealed class SqliteStorageTests : StorageTests
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
}
