using System.Data.Common;
using Qos.Fleet.Storage;
using Qos.Fleet.World;

namespace Qos.Fleet.Tests;

/// <summary>The database, on SQLite and on PostgreSQL.</summary>
public abstract class StorageTests : IDisposable
{
    /// <summary>A new, empty database.</summary>
    protected abstract string NewLocation();

    public virtual void Dispose() => GC.SuppressFinalize(this);

    [Fact]
    public async Task A_fleet_lives_on_it()
    {
        await using FleetWorld world = await OpenAsync();
        await world.DeployAsync(replicas: 3);
        using Reconciler reconciler = world.Start();
        await world.RunAsync(reconciler);
        Assert.Equal(3, (await world.ReplicasAsync()).Count(static replica => replica.State == ReplicaState.Ready));
        world.Node((await world.ReplicasAsync())[0]).HasEnded = true;
        await FleetWorld.SettleAsync(reconciler);
        Assert.Equal(3, (await world.ReplicasAsync()).Count(static replica => replica.State == ReplicaState.Ready));
    }

    [Fact]
    public async Task What_was_written_is_there_when_it_is_opened_again()
    {
        string location = NewLocation();
        await using (FleetWorld world = await FleetWorld.OnAsync(time => FleetDatabase.OpenAsync(location, time)))
            await world.DeployAsync();
        await using FleetDatabase again = await FleetDatabase.OpenAsync(location, TimeProvider.System);
        Assert.Single(Assert.Single(await again.LoadAsync(null, default)).Deployments);
    }

    [Fact]
    public async Task A_slot_has_one_replica_however_many_ask()
    {
        await using FleetWorld world = await OpenAsync();
        Deployment deployment = await world.DeployAsync();
        bool[] added = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => world.Database.AddReplicaAsync(New(deployment, 0), default))));
        Assert.Single(added, static done => done);
    }

    [Fact]
    public async Task Of_two_changes_of_one_version_the_second_is_refused()
    {
        await using FleetWorld world = await OpenAsync();
        Deployment deployment = await world.DeployAsync();
        Replica replica = New(deployment, 0);
        await world.Database.AddReplicaAsync(replica, default);
        Assert.True(await world.Database.SaveReplicaAsync(replica with { State = ReplicaState.Booting }, default));
        Assert.False(await world.Database.SaveReplicaAsync(replica with { State = ReplicaState.Stopping }, default));
        Assert.Equal(ReplicaState.Booting, Assert.Single(await world.ReplicasAsync()).State);
    }

    [Fact]
    public async Task A_fleet_is_at_one_place_until_its_last_replica_is_gone()
    {
        await using FleetWorld world = await OpenAsync();
        FleetDatabase database = world.Database;
        Assert.Null(await database.ElsewhereAsync("here", default));
        Assert.Null(await database.ClaimPlaceAsync("here", default));
        Assert.Null(await database.ElsewhereAsync("there", default));
        Assert.Null(await database.ClaimPlaceAsync("there", default));
        Replica replica = New(await world.DeployAsync(), 0);
        Assert.True(await database.AddReplicaAsync(replica, default));
        Assert.Equal(("there", "there"), (await database.ElsewhereAsync("here", default), await database.ClaimPlaceAsync("here", default)));
        Assert.Equal((null, null), (await database.ElsewhereAsync("there", default), await database.ClaimPlaceAsync("there", default)));

        Assert.True(await database.SaveReplicaAsync(replica with { State = ReplicaState.Gone }, default));
        Assert.Equal((null, null), (await database.ElsewhereAsync("here", default), await database.ClaimPlaceAsync("here", default)));
        Assert.True(await database.AddReplicaAsync(New(await world.DeployAsync(), 0), default));
        Assert.Equal("here", await database.ElsewhereAsync("there", default));
    }

    [Fact]
    public async Task A_deleted_deployment_gets_no_replica()
    {
        await using FleetWorld world = await OpenAsync();
        Deployment deployment = await world.DeployAsync();
        await world.Database.DeleteDeploymentAsync(await world.ActivityAsync(), "{}", deployment.Id, default);
        Assert.False(await world.Database.AddReplicaAsync(New(deployment, 0), default));
    }

    [Fact]
    public async Task The_live_deployment_cannot_be_deleted()
    {
        await using FleetWorld world = await OpenAsync();
        Deployment deployment = await world.DeployAsync();
        Assert.True(await world.Database.SetLiveAsync(await world.ActivityAsync(), "{}", world.App.Id, deployment.Id, default));
        Assert.False(await world.Database.DeleteDeploymentAsync(await world.ActivityAsync(), "{}", deployment.Id, default));
    }

    [Fact]
    public async Task Of_a_promotion_and_a_deletion_at_once_one_is_refused()
    {
        await using FleetWorld world = await OpenAsync();
        for (int i = 0; i < 12; i++)
        {
            Deployment deployment = await world.DeployAsync(approve: false);
            string promotes = await world.ActivityAsync(), deletes = await world.ActivityAsync();
            bool[] done = await Task.WhenAll(
                Task.Run(() => world.Database.SetLiveAsync(promotes, "{}", world.App.Id, deployment.Id, default)),
                Task.Run(() => world.Database.DeleteDeploymentAsync(deletes, "{}", deployment.Id, default)));
            Assert.Single(done, static wasDone => wasDone);
        }
    }

    [Fact]
    public async Task A_deployment_that_was_made_beside_another_one_is_refused_and_so_is_one_of_an_app_that_goes()
    {
        await using FleetWorld world = await OpenAsync();
        Deployment first = await world.DeployAsync(approve: false);
        Deployment second = first with { Id = Guid.NewGuid().ToString(), ManifestId = Guid.NewGuid().ToString() };
        Assert.False(await world.Database.CreateDeploymentAsync(await world.ActivityAsync(), "{}", second, default, others: 0));
        Assert.True(await world.Database.CreateDeploymentAsync(await world.ActivityAsync(), "{}", second, default, others: 1));
        await world.Database.DeleteAppAsync(await world.ActivityAsync(), "{}", world.App.Id, default);
        Assert.False(await world.Database.CreateDeploymentAsync(await world.ActivityAsync(), "{}", first with { Id = "x", ManifestId = "y" }, default, others: 2));
    }

    [Fact]
    public async Task No_two_apps_get_one_port_however_many_ask()
    {
        string location = NewLocation();
        await using FleetWorld world = await FleetWorld.OnAsync(time => FleetDatabase.OpenAsync(location, time));
        await using FleetDatabase other = await FleetDatabase.OpenAsync(location, TimeProvider.System);
        var apps = new List<string>();
        for (int i = 0; i < 8; i++)
        {
            await world.AddAppAsync($"app {i}");
            apps.Add(world.App.Id);
        }

        int?[] ports = await Task.WhenAll(apps.Select((app, i) => Task.Run(() => (i % 2 == 0 ? world.Database : other).IngressPortAsync(app, 31000, 31099, default))));
        Assert.Equal(8, ports.Distinct().Count());
    }

    [Fact]
    public async Task A_tcp_app_has_its_port_until_another_kind_of_deployment_is_live_or_it_is_deleted()
    {
        await using FleetWorld world = await OpenAsync();
        FleetDatabase database = world.Database;
        string app = world.App.Id;
        Deployment tcp = await world.DeployAsync(with: static deployment => deployment with { Ingress = IngressKind.Tcp }), http = await world.DeployAsync();
        Assert.Equal(31000, await database.IngressPortAsync(app, 31000, 31000, default));
        Assert.Null(await database.TcpPortAsync(app, default));
        foreach ((Deployment live, int? port) in ((Deployment, int?)[])[(tcp, 31000), (http, null), (tcp, 31000)])
        {
            Assert.True(await database.SetLiveAsync(await world.ActivityAsync(), "{}", app, live.Id, default));
            Assert.Equal((live.Ingress, port), (live.Ingress, await database.TcpPortAsync(app, default)));
        }

        Assert.True(await database.DeleteAppAsync(await world.ActivityAsync(), "{}", app, default));
        Assert.Null(await database.TcpPortAsync(app, default));
        Assert.Null(await database.TcpPortAsync("another", default));
    }

    [Fact]
    public async Task What_is_left_of_a_deleted_app_is_read_until_it_is_purged_and_not_for_ever()
    {
        await using FleetWorld world = await OpenAsync();
        await world.DeployAsync();
        using Reconciler reconciler = world.Start();
        await world.RunAsync(reconciler);
        await world.Database.DeleteAppAsync(await world.ActivityAsync(), "{}", world.App.Id, default);
        await FleetWorld.SettleAsync(reconciler);
        Assert.Empty(await world.ReplicasAsync());
        Assert.Empty(await world.Database.LoadAsync(null, default));
        Assert.Empty(await world.Database.DeploymentsAsync(world.App.Id, 10, default));
    }

    [Fact]
    public async Task Two_approvals_of_one_person_count_once()
    {
        await using FleetWorld world = await OpenAsync();
        FleetApp first = world.App;
        await world.AddAppAsync("another app of the same people");
        Deployment deployment = await world.DeployAsync(approve: false);
        await world.ApproveAsync(deployment, 0);
        await world.Database.AddApprovalsAsync(
            await world.ActivityAsync(), "{}", [new StoredApproval(Guid.NewGuid().ToString(), deployment.ManifestId, first.ManifestSet.Operators[0], FleetWorld.Sign(0, deployment), world.Clock.Now)], default);
        Assert.Single(await world.Database.ApprovalsAsync(deployment.ManifestId, default));
        DeploymentSnapshot snapshot = Assert.Single(Assert.Single(await world.Database.LoadAsync(world.App.Id, default)).Deployments);
        Assert.False(snapshot.IsApproved);
        Assert.Single(snapshot.Envelope().ManifestSetApprovals);
    }

    [Fact]
    public async Task An_activity_that_runs_twice_is_done_once()
    {
        await using FleetWorld world = await OpenAsync();
        Deployment deployment = await world.DeployAsync();
        string activity = await world.ActivityAsync();
        Assert.True(await world.Database.DeleteDeploymentAsync(activity, "{}", deployment.Id, default));
        Assert.False(await world.Database.DeleteDeploymentAsync(activity, "{}", deployment.Id, default));
        Assert.Equal("ACTIVITY_STATUS_COMPLETED", (await world.Database.ActivityAsync(world.OrganizationId, activity, default))!.Status);
    }

    [Fact]
    public async Task Two_operators_approve_at_once_and_both_count()
    {
        await using FleetWorld world = await OpenAsync();
        Deployment deployment = await world.DeployAsync(approve: false);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(async i => await world.Database.AddApprovalsAsync(
            await world.ActivityAsync(), "{}", [new StoredApproval(Guid.NewGuid().ToString(), deployment.ManifestId, world.App.ManifestSet.Operators[i], new byte[64], world.Clock.Now)], default)));
        Assert.Equal(2, (await world.Database.ApprovalsAsync(deployment.ManifestId, default)).Count);
        await Assert.ThrowsAsync<DuplicateException>(async () => await world.Database.AddApprovalsAsync(
            await world.ActivityAsync(), "{}", [new StoredApproval(Guid.NewGuid().ToString(), deployment.ManifestId, world.App.ManifestSet.Operators[0], new byte[64], world.Clock.Now)], default));
    }

    [Fact]
    public async Task Proofs_are_chained_found_and_not_changed()
    {
        await using FleetWorld world = await OpenAsync();
        await world.Database.ImportProofsAsync(Enumerable.Range(1, 25).Select(i => Proof(world, i)), default);
        Assert.Equal(7, (await world.Database.ProofAsync("key-7", default))!.Sequence);
        Assert.Equal(25, (await world.Database.LatestProofAsync(world.App.Id, default))!.Sequence);
        Assert.Equal([10L, 9L, 8L], (await world.Database.ProofsAsync(world.App.Id, 11, 3, default)).Select(static proof => proof.Sequence));
        ChainReport report = await world.Database.VerifyChainAsync(null, default);
        Assert.Equal((25L, null), (report.Records, report.Fault));

        byte[] head = ProofChain.Beginning.ToArray();
        for (int i = 1; i <= 25; i++)
            head = ProofChain.Hash(head, Proof(world, i) with { Sequence = i });
        Assert.Equal(Convert.ToHexStringLower(head), report.Head);
        await Assert.ThrowsAnyAsync<DbException>(() => ExecuteAsync("UPDATE boot_proofs SET app_id = 'x' WHERE seq = 3"));
        await Assert.ThrowsAnyAsync<DbException>(() => ExecuteAsync("DELETE FROM boot_proofs WHERE seq = 3"));
    }

    [Theory]
    [InlineData("UPDATE boot_proofs SET app_id = 'x' WHERE seq = 3", "record 3 is not what was recorded")]
    [InlineData("DELETE FROM boot_proofs WHERE seq = 3", "record 3 is missing")]
    [InlineData("DELETE FROM boot_proofs WHERE seq = 5", "the chain ends at record 4, and 5 were recorded")]
    [InlineData("UPDATE blobs SET bytes = sha256", "have another one")]
    public async Task Whoever_changes_the_past_shows(string change, string fault)
    {
        await using FleetWorld world = await OpenAsync();
        await world.Database.ImportProofsAsync(Enumerable.Range(1, 5).Select(i => Proof(world, i)), default);
        await WithoutTriggersAsync(change);
        Assert.Contains(fault, (await world.Database.VerifyChainAsync(null, default)).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_leads_and_the_next_one_follows_when_it_is_gone()
    {
        string location = NewLocation();
        await using FleetDatabase one = await FleetDatabase.OpenAsync(location, TimeProvider.System), two = await FleetDatabase.OpenAsync(location, TimeProvider.System);
        Leadership first = (await one.TryLeadAsync(default))!;
        Assert.True(await first.IsHeldAsync(default));
        Assert.Null(await two.TryLeadAsync(default));
        await first.DisposeAsync();
        await using Leadership? second = await two.TryLeadAsync(default);
        Assert.NotNull(second);
        Assert.Null(await one.TryLeadAsync(default));
    }

    [Fact]
    public async Task Nonces_are_known_without_the_manifests_also_of_what_an_older_service_wrote()
    {
        await using FleetWorld world = await OpenAsync();
        Deployment first = await world.DeployAsync(approve: false), second = await world.DeployAsync(approve: false);
        DeploymentNonce[] expected = [new(first.Manifest.Namespace.Nonce, false), new(second.Manifest.Namespace.Nonce, false)];
        Assert.Equal(expected, (await world.Database.NoncesAsync(world.App.Id, default)).OrderBy(static d => d.Nonce));

        // A service of before still writes beside this one.
        await ExecuteAsync($"UPDATE deployments SET nonce = NULL WHERE id = '{second.Id}'");
        Assert.Equal(expected, (await world.Database.NoncesAsync(world.App.Id, default)).OrderBy(static d => d.Nonce));

        // Its database, opened by this one; then nothing of a manifest is read any more.
        await ExecuteAsync("DROP INDEX deployments_without_nonce; ALTER TABLE deployments DROP COLUMN nonce; DELETE FROM migrations WHERE step >= 6");
        await using FleetDatabase again = await FleetDatabase.OpenAsync(Location!, TimeProvider.System);
        await ExecuteAsync("UPDATE deployments SET manifest = qos_version" + (again.Kind == DatabaseKind.Postgres ? "::bytea" : ""));
        Assert.Equal(expected, (await again.NoncesAsync(world.App.Id, default)).OrderBy(static d => d.Nonce));
    }

    [Fact]
    public async Task A_database_of_a_newer_service_is_refused()
    {
        string location = NewLocation();
        await using (await FleetDatabase.OpenAsync(location, TimeProvider.System))
            await ExecuteAsync("INSERT INTO migrations (step, taken_at) VALUES (999, 0)", location);
        Assert.Contains("newer", (await Assert.ThrowsAsync<StorageException>(() => FleetDatabase.OpenAsync(location, TimeProvider.System))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Activities_are_listed_in_pages()
    {
        await using FleetWorld world = await OpenAsync();
        var ids = new List<string>();
        for (int i = 0; i < 7; i++)
        {
            world.Clock.Now += TimeSpan.FromMilliseconds(1);
            ids.Add(await world.ActivityAsync());
        }

        ids.Reverse();
        IReadOnlyList<ActivityRecord> page = await world.Database.ActivitiesAsync(world.OrganizationId, new ActivityFilter(["ACTIVITY_STATUS_PENDING"], [], null, null, 3), default);
        Assert.Equal(ids[..3], page.Select(static activity => activity.Id));
        page = await world.Database.ActivitiesAsync(world.OrganizationId, new ActivityFilter(["ACTIVITY_STATUS_PENDING"], ["ACTIVITY_TYPE_TEST"], page[^1].Id, null, 3), default);
        Assert.Equal(ids[3..6], page.Select(static activity => activity.Id));
        page = await world.Database.ActivitiesAsync(world.OrganizationId, new ActivityFilter([], [], null, ids[3], 2), default);
        Assert.Equal(ids[1..3], page.Select(static activity => activity.Id));
        Assert.Empty(await world.Database.ActivitiesAsync(world.OrganizationId, new ActivityFilter([], ["ACTIVITY_TYPE_OTHER"], null, null, 3), default));
    }

    protected string? Location { get; private set; }

    protected async Task<FleetWorld> OpenAsync()
    {
        Location = NewLocation();
        return await FleetWorld.OnAsync(time => FleetDatabase.OpenAsync(Location, time));
    }

    protected abstract DbConnection Connect(string location);

    protected abstract string[] DropTriggers { get; }

    protected async Task ExecuteAsync(string sql, string? location = null)
    {
        await using DbConnection connection = Connect(location ?? Location!);
        await connection.OpenAsync();
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private async Task WithoutTriggersAsync(string sql)
    {
        foreach (string drop in DropTriggers)
            await ExecuteAsync(drop);
        await ExecuteAsync(sql);
    }

    private static Replica New(Deployment deployment, int slot) => new()
    {
        Id = Guid.NewGuid().ToString(),
        DeploymentId = deployment.Id,
        AppId = deployment.AppId,
        Slot = slot,
        Mode = BootMode.Standard,
        State = ReplicaState.Starting,
        CreatedAt = deployment.CreatedAt,
        UpdatedAt = deployment.CreatedAt,
    };

    private protected static BootProofRecord Proof(FleetWorld world, int number) => new()
    {
        EphemeralKey = $"key-{number}",
        OrganizationId = world.OrganizationId,
        AppId = world.App.Id,
        DeploymentId = "deployment",
        ReplicaId = $"replica-{number}",
        Document = new byte[] { (byte)number, 1, 2 },
        Manifest = new byte[] { 9 },
        Envelope = new byte[] { (byte)(number % 3) },
        CreatedAt = new DateTimeOffset(2026, 11, 1, 0, 0, number, TimeSpan.Zero),
    };
}
