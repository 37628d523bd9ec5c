using System.Collections.Concurrent;
using System.Data.Common;
using Dapper;

namespace Qos.Fleet.Storage;

/// <summary>What the reconciler reads and writes.</summary>
public sealed partial class FleetDatabase
{
    // Neither ever changes: a set once made, a deployment but for its marks, which its UpdatedAt tells.
    private readonly ConcurrentDictionary<string, OperatorSet> _sets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (long UpdatedAt, Deployment Deployment)> _deployments = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task<IReadOnlyList<AppSnapshot>> LoadAsync(string? appId, CancellationToken cancellationToken) => ReadAsync<IReadOnlyList<AppSnapshot>>(
        async connection =>
        {
            var what = new { appId };
            string ofApp = appId is null ? "" : " AND a.id = @appId";
            IEnumerable<AppRow> apps = await connection.QueryAsync<AppRow>(
                $"SELECT a.* FROM apps a WHERE (a.is_deleted = 0 OR EXISTS (SELECT 1 FROM replicas r WHERE r.app_id = a.id AND r.state <> 'Gone') OR EXISTS (SELECT 1 FROM deployments d WHERE d.app_id = a.id AND d.is_purged = 0)){ofApp} ORDER BY a.created_at, a.id", what).ConfigureAwait(false);
            string filter = appId is null ? "" : " AND d.app_id = @appId";
            IEnumerable<DeploymentRow> marks = await connection.QueryAsync<DeploymentRow>(
                $"SELECT d.id, d.app_id, d.updated_at, d.is_deleted FROM deployments d WHERE d.is_purged = 0{filter} ORDER BY d.created_at, d.id", what).ConfigureAwait(false);
            ILookup<string, StoredApproval> approvals = (await connection.QueryAsync<ApprovalRow>(
                $"{ApprovalColumns} WHERE p.manifest_id IN (SELECT d.manifest_id FROM deployments d WHERE d.is_purged = 0{filter}) ORDER BY p.created_at, p.id", what).ConfigureAwait(false))
                .Select(static row => row.ToModel()).DistinctBy(Member).ToLookup(static approval => approval.ManifestId, StringComparer.Ordinal);
            ILookup<string, ProvisioningShare> shares = (await connection.QueryAsync<ShareRow>(
                $"{ShareColumns} WHERE s.state = 'Posted' AND s.deployment_id IN (SELECT d.id FROM deployments d WHERE d.is_purged = 0{filter}) ORDER BY s.created_at, s.id", what).ConfigureAwait(false))
                .Select(static row => row.ToModel()).ToLookup(static share => share.DeploymentId, StringComparer.Ordinal);
            ILookup<string, SlotRow> slots = (await connection.QueryAsync<SlotRow>(
                $"SELECT l.deployment_id, l.slot, l.failures, l.ended_at FROM slots l JOIN deployments d ON d.id = l.deployment_id WHERE d.is_purged = 0{filter} AND NOT EXISTS (SELECT 1 FROM replicas r WHERE r.deployment_id = l.deployment_id AND r.slot = l.slot AND r.state <> 'Gone')", what).ConfigureAwait(false))
                .ToLookup(static slot => slot.DeploymentId, StringComparer.Ordinal);
            ILookup<string, Replica> replicas = (await connection.QueryAsync<ReplicaRow>(
                $"SELECT r.* FROM replicas r WHERE r.state <> 'Gone'{(appId is null ? "" : " AND r.app_id = @appId")} ORDER BY r.slot", what).ConfigureAwait(false))
                .Select(static row => row.ToModel()).ToLookup(static replica => replica.AppId, StringComparer.Ordinal);
            ILookup<string, DeploymentRow> byApp = marks.ToLookup(static row => row.AppId, StringComparer.Ordinal);

            var snapshots = new List<AppSnapshot>();
            foreach (AppRow row in apps)
            {
                var deployments = new List<DeploymentSnapshot>();
                foreach (DeploymentRow mark in byApp[row.Id])
                {
                    Deployment deployment = await DeploymentAsync(connection, mark).ConfigureAwait(false);
                    deployments.Add(new DeploymentSnapshot(
                        deployment,
                        [.. approvals[deployment.ManifestId]],
                        [.. shares[deployment.Id]],
                        slots[deployment.Id].ToDictionary(static slot => (int)slot.Slot, static slot => new SlotHistory((int)slot.Failures, At(slot.EndedAt)))));
                }

                snapshots.Add(new AppSnapshot(await ToModelAsync(connection, row).ConfigureAwait(false), deployments, [.. replicas[row.Id]]));
            }

            if (appId is null)
                Forget(marks);
            return snapshots;
        },
        cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> AddReplicaAsync(Replica replica, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(replica);
        try
        {
            // Only while it is wanted: a deletion that comes between the plan and this statement wins.
            return await WriteAsync(
                async (connection, transaction) => await connection.ExecuteAsync(
                    """
                    INSERT INTO replicas (id, deployment_id, app_id, slot, attempt, mode, state, created_at, updated_at, version)
                    SELECT @Id, d.id, d.app_id, @Slot, @Attempt, @Mode, @State, @CreatedAt, @UpdatedAt, 0 FROM deployments d WHERE d.id = @DeploymentId AND d.is_deleted = 0
                    """,
                    ReplicaRow.Of(replica),
                    transaction).ConfigureAwait(false) == 1,
                cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (IsDuplicate(e))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public Task<bool> SaveReplicaAsync(Replica replica, CancellationToken cancellationToken) =>
        WriteAsync((connection, transaction) => SaveAsync(connection, transaction, replica), cancellationToken);

    /// <inheritdoc/>
    public Task<string?> OwnerOfKeyAsync(string key, CancellationToken cancellationToken) => ReadAsync(
        connection => connection.ExecuteScalarAsync<string?>(
            "SELECT id FROM replicas WHERE setup_key = @key UNION SELECT id FROM replicas WHERE ephemeral_key = @key UNION SELECT replica_id FROM boot_proofs WHERE ephemeral_key = @key", new { key }),
        cancellationToken);

    /// <inheritdoc/>
    public Task MarkShareAsync(string shareId, ShareState state, string? message, CancellationToken cancellationToken) => WriteAsync(
        async (connection, transaction) => await connection.ExecuteAsync(
            "UPDATE shares SET state = @state, message = @message WHERE id = @shareId", new { shareId, state = state.ToString(), message }, transaction).ConfigureAwait(false) == 1,
        cancellationToken);

    /// <inheritdoc/>
    public Task PurgeAsync(string deploymentId, CancellationToken cancellationToken) => WriteAsync(
        async (connection, transaction) => await connection.ExecuteAsync(
            "UPDATE deployments SET is_purged = 1, updated_at = @now WHERE id = @deploymentId AND is_deleted = 1", new { deploymentId, now = Now }, transaction).ConfigureAwait(false) == 1,
        cancellationToken);

    private static async Task<bool> SaveAsync(DbConnection connection, DbTransaction transaction, Replica replica)
    {
        int changed = await connection.ExecuteAsync(
            """
            UPDATE replicas SET mode = @Mode, state = @State, host_url = @HostUrl, ingress_address = @IngressAddress, setup_document = @SetupDocument, setup_key = @SetupKey,
                ephemeral_key = @EphemeralKey, message = @Message, not_before = @NotBefore, updated_at = @UpdatedAt, ready_at = @ReadyAt, version = version + 1
            WHERE id = @Id AND version = @Version AND state <> 'Gone'
            """,
            ReplicaRow.Of(replica),
            transaction).ConfigureAwait(false);
        if (changed == 1 && replica.State == ReplicaState.Gone)
        {
            bool served = replica.ReadyAt is { } ready && replica.UpdatedAt - ready >= FleetSettings.Settled;
            await connection.ExecuteAsync(
                """
                INSERT INTO slots (deployment_id, slot, failures, ended_at) VALUES (@DeploymentId, @Slot, @failures, @ended)
                ON CONFLICT (deployment_id, slot) DO UPDATE SET failures = excluded.failures, ended_at = excluded.ended_at
                """,
                new { replica.DeploymentId, Slot = (long)replica.Slot, failures = served ? 0L : replica.Attempt + 1L, ended = Ms(replica.UpdatedAt) },
                transaction).ConfigureAwait(false);
        }

        return changed == 1;
    }

    private async Task<Deployment> DeploymentAsync(DbConnection connection, DeploymentRow mark)
    {
        if (_deployments.TryGetValue(mark.Id, out (long UpdatedAt, Deployment Deployment) known) && known.UpdatedAt == mark.UpdatedAt && known.Deployment.IsDeleted == (mark.IsDeleted != 0))
            return known.Deployment;
        DeploymentRow row = await connection.QuerySingleAsync<DeploymentRow>("SELECT * FROM deployments WHERE id = @Id", new { mark.Id }).ConfigureAwait(false);
        Deployment deployment = row.ToModel();
        _deployments[mark.Id] = (row.UpdatedAt, deployment);
        return deployment;
    }

    // What is purged is never asked for again.
    private void Forget(IEnumerable<DeploymentRow> marks)
    {
        HashSet<string> there = marks.Select(static mark => mark.Id).ToHashSet(StringComparer.Ordinal);
        foreach (string gone in _deployments.Keys.Where(id => !there.Contains(id)))
            _deployments.TryRemove(gone, out _);
    }

    private async Task<FleetApp> ToModelAsync(DbConnection connection, AppRow row) => new()
    {
        Id = row.Id,
        OrganizationId = row.OrganizationId,
        Name = row.Name,
        QuorumPublicKey = row.QuorumPublicKey,
        ManifestSet = await SetAsync(connection, row.ManifestSetId).ConfigureAwait(false),
        ShareSet = await SetAsync(connection, row.ShareSetId).ConfigureAwait(false),
        EnableEgress = row.EnableEgress != 0,
        AllowsDebugMode = row.AllowsDebugMode != 0,
        LiveDeploymentId = row.LiveDeploymentId,
        CreatedAt = At(row.CreatedAt),
        UpdatedAt = At(row.UpdatedAt),
        IsDeleted = row.IsDeleted != 0,
    };

    private async Task<OperatorSet> SetAsync(DbConnection connection, string id, DbTransaction? transaction = null)
    {
        if (_sets.TryGetValue(id, out OperatorSet? known))
            return known;
        SetMemberRow[] rows =
        [
            .. await connection.QueryAsync<SetMemberRow>(
                """
                SELECT s.id AS set_id, s.name AS set_name, s.organization_id, s.threshold, s.created_at AS set_created_at, o.id, o.name, o.public_key, o.created_at
                FROM operator_sets s JOIN operator_set_members m ON m.set_id = s.id JOIN operators o ON o.id = m.operator_id WHERE s.id = @id ORDER BY m.position
                """,
                new { id },
                transaction).ConfigureAwait(false),
        ];
        if (rows.Length == 0)
            throw new StorageException($"The database has no operator set {id}.");
        var set = new OperatorSet(
            id,
            rows[0].OrganizationId,
            rows[0].SetName,
            (uint)rows[0].Threshold,
            [.. rows.Select(static row => new FleetOperator(row.Id, row.OrganizationId, row.Name, row.PublicKey, At(row.CreatedAt)))],
            At(rows[0].SetCreatedAt));
        if (transaction is null)
            _sets[id] = set;
        return set;
    }

    private const string ApprovalColumns =
        "SELECT p.id AS approval_id, p.manifest_id, p.signature, p.created_at AS approved_at, o.id, o.organization_id, o.name, o.public_key, o.created_at FROM approvals p JOIN operators o ON o.id = p.operator_id";

    private const string ShareColumns =
        "SELECT s.id AS share_id, s.deployment_id, s.setup_key, s.encrypted_share, s.signature, s.state, s.message, s.created_at AS posted_at, o.id, o.organization_id, o.name, o.public_key, o.created_at FROM shares s JOIN operators o ON o.id = s.operator_id";
}
