using System.Data.Common;
using Microsoft.Data.Sqlite;
using Qos.Fleet.Storage;

namespace Qos.Fleet.Tests;

/// <summary>The database in a file.</summary>
public sealed class SqliteStorageTests : StorageTests
{
    protected override string[] DropTriggers =>
    [
        "DROP TRIGGER boot_proofs_no_update", "DROP TRIGGER boot_proofs_no_delete", "DROP TRIGGER blobs_no_update", "DROP TRIGGER blobs_no_delete",
    ];

    [Fact]
    public async Task A_full_disk_fails_the_call_and_loses_nothing()
    {
        await using World.FleetWorld world = await OpenAsync();
        Deployment deployment = await world.DeployAsync();
        await using FleetDatabase full = await FleetDatabase.OpenAsync(Location!, TimeProvider.System);

        // No page more than there are: what SQLite says when the disk has no room.
        await ExecuteAsync("PRAGMA wal_checkpoint(TRUNCATE)");
        await using (SqliteConnection connection = new("Data Source=" + Location!["sqlite:".Length..] + ";Pooling=False"))
        {
            await connection.OpenAsync();
            await using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "PRAGMA max_page_count = 1; INSERT INTO blobs (sha256, bytes) VALUES (x'00', zeroblob(1000000))";
            SqliteException refused = await Assert.ThrowsAsync<SqliteException>(() => command.ExecuteNonQueryAsync());
            Assert.Equal(13, refused.SqliteErrorCode);
        }

        Assert.NotNull(await world.Database.DeploymentAsync(world.OrganizationId, deployment.Id, default));
        Assert.Null((await world.Database.VerifyChainAsync(null, default)).Fault);
    }

    protected override string NewLocation() => "sqlite:" + Path.Combine(Path.GetTempPath(), $"qos-fleet-{Guid.NewGuid():N}.db");

    protected override DbConnection Connect(string location) => new SqliteConnection("Data Source=" + location["sqlite:".Length..] + ";Default Timeout=30");
}
