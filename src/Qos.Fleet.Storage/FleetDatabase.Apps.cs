using System.Data.Common;
using Dapper;

namespace Qos.Fleet.Storage;

/// <summary>Apps, sets and operators. Each change belongs to an activity, which it completes with the result that is given.</summary>
public sealed partial class FleetDatabase
{
    private const long PortLock = 0x716f735f706f7274;

    /// <summary>Keeps an app with the operators and sets that are new with it.</summary>
    /// <returns>False when the activity was done before.</returns>
    public Task<bool> CreateAppAsync(
        string activityId, string result, FleetApp app, IReadOnlyList<FleetOperator> newOperators, IReadOnlyList<OperatorSet> newSets, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(newOperators);
        ArgumentNullException.ThrowIfNull(newSets);
        return DoAsync(
            activityId,
            result,
            async (connection, transaction) =>
            {
                foreach (FleetOperator op in newOperators)
                {
                    await connection.ExecuteAsync(
                        "INSERT INTO operators (id, organization_id, name, public_key, created_at) VALUES (@Id, @OrganizationId, @Name, @PublicKey, @created)",
                        new { op.Id, op.OrganizationId, op.Name, op.PublicKey, created = Ms(op.CreatedAt) },
                        transaction).ConfigureAwait(false);
                }

                foreach (OperatorSet set in newSets)
                    await AddSetAsync(connection, transaction, set).ConfigureAwait(false);
                return await connection.ExecuteAsync(
                    """
                    INSERT INTO apps (id, organization_id, name, quorum_public_key, manifest_set_id, share_set_id, enable_egress, allows_debug_mode, created_at, updated_at, is_deleted)
                    VALUES (@Id, @OrganizationId, @Name, @QuorumPublicKey, @manifestSet, @shareSet, @egress, @debug, @created, @created, 0)
                    """,
                    new { app.Id, app.OrganizationId, app.Name, app.QuorumPublicKey, manifestSet = app.ManifestSet.Id, shareSet = app.ShareSet.Id, egress = Flag(app.EnableEgress), debug = Flag(app.AllowsDebugMode), created = Ms(app.CreatedAt) },
                    transaction).ConfigureAwait(false) == 1;
            },
            cancellationToken);
    }

    /// <summary>An app that is not deleted; null when there is none.</summary>
    public Task<FleetApp?> AppAsync(string organizationId, string id, CancellationToken cancellationToken) => ReadAsync(
        async connection => await connection.QuerySingleOrDefaultAsync<AppRow>(
            "SELECT * FROM apps WHERE organization_id = @organizationId AND id = @id AND is_deleted = 0", new { organizationId, id }).ConfigureAwait(false) is { } row
                ? await ToModelAsync(connection, row).ConfigureAwait(false)
                : null,
        cancellationToken);

    /// <summary>The apps of an organization, the newest first.</summary>
    public Task<IReadOnlyList<FleetApp>> AppsAsync(string organizationId, int limit, CancellationToken cancellationToken) => ReadAsync<IReadOnlyList<FleetApp>>(
        async connection =>
        {
            var apps = new List<FleetApp>();
            foreach (AppRow row in await connection.QueryAsync<AppRow>(
                "SELECT * FROM apps WHERE organization_id = @organizationId AND is_deleted = 0 ORDER BY created_at DESC, id LIMIT @limit", new { organizationId, limit = (long)limit }).ConfigureAwait(false))
                apps.Add(await ToModelAsync(connection, row).ConfigureAwait(false));
            return apps;
        },
        cancellationToken);

    /// <summary>How many apps an organization has.</summary>
    public Task<long> AppCountAsync(string organizationId, CancellationToken cancellationToken) => ReadAsync(
        connection => connection.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM apps WHERE organization_id = @organizationId AND is_deleted = 0", new { organizationId }),
        cancellationToken);

    /// <summary>An operator; null when there is none.</summary>
    public Task<FleetOperator?> OperatorAsync(string organizationId, string id, CancellationToken cancellationToken) => ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<OperatorRow>(
            "SELECT * FROM operators WHERE organization_id = @organizationId AND id = @id", new { organizationId, id }).ConfigureAwait(false))?.ToModel(),
        cancellationToken);

    /// <summary>The operators of an organization, the newest first.</summary>
    public Task<IReadOnlyList<FleetOperator>> OperatorsAsync(string organizationId, int limit, CancellationToken cancellationToken) => ReadAsync<IReadOnlyList<FleetOperator>>(
        async connection => [.. (await connection.QueryAsync<OperatorRow>(
            "SELECT * FROM operators WHERE organization_id = @organizationId ORDER BY created_at DESC, id LIMIT @limit", new { organizationId, limit = (long)limit }).ConfigureAwait(false)).Select(static row => row.ToModel())],
        cancellationToken);

    /// <summary>A set; null when there is none.</summary>
    public Task<OperatorSet?> OperatorSetAsync(string organizationId, string id, CancellationToken cancellationToken) => ReadAsync(
        async connection => await connection.ExecuteScalarAsync<long>(
            "SELECT COUNT(*) FROM operator_sets WHERE organization_id = @organizationId AND id = @id", new { organizationId, id }).ConfigureAwait(false) == 1
                ? await SetAsync(connection, id).ConfigureAwait(false)
                : null,
        cancellationToken);

    /// <summary>Makes a deployment the one that gets its app's traffic.</summary>
    /// <returns>False when the activity was done before, or the deployment is deleted.</returns>
    public Task<bool> SetLiveAsync(string activityId, string result, string appId, string deploymentId, CancellationToken cancellationToken) => DoAsync(
        activityId,
        result,
        async (connection, transaction) => await LockAppAsync(connection, transaction, appId).ConfigureAwait(false) && await connection.ExecuteAsync(
            """
            UPDATE apps SET live_deployment_id = @deploymentId, updated_at = @now
            WHERE id = @appId AND is_deleted = 0 AND EXISTS (SELECT 1 FROM deployments d WHERE d.id = @deploymentId AND d.app_id = @appId AND d.is_deleted = 0)
            """,
            new { appId, deploymentId, now = Now },
            transaction).ConfigureAwait(false) == 1,
        cancellationToken);

    /// <summary>Deletes an app with all its deployments, for good.</summary>
    /// <returns>False when the activity was done before.</returns>
    public Task<bool> DeleteAppAsync(string activityId, string result, string appId, CancellationToken cancellationToken) => DoAsync(
        activityId,
        result,
        async (connection, transaction) =>
        {
            await LockAppAsync(connection, transaction, appId).ConfigureAwait(false);
            await connection.ExecuteAsync("UPDATE deployments SET is_deleted = 1, updated_at = @now WHERE app_id = @appId AND is_deleted = 0", new { appId, now = Now }, transaction).ConfigureAwait(false);
            return await connection.ExecuteAsync(
                "UPDATE apps SET is_deleted = 1, live_deployment_id = NULL, updated_at = @now WHERE id = @appId AND is_deleted = 0", new { appId, now = Now }, transaction).ConfigureAwait(false) == 1;
        },
        cancellationToken);

    /// <summary>The TCP port of a TCP app, taken from a range when it has none yet; null when the range is used up.</summary>
    public async Task<int?> IngressPortAsync(string appId, int first, int last, CancellationToken cancellationToken)
    {
        int? port = null;
        await WriteAsync(
            async (connection, transaction) =>
            {
                // Two services that look at the same time would both find the same port free.
                if (Kind == DatabaseKind.Postgres)
                    await connection.ExecuteAsync("SELECT pg_advisory_xact_lock(@PortLock)", new { PortLock }, transaction).ConfigureAwait(false);
                if (await connection.ExecuteScalarAsync<long?>("SELECT ingress_port FROM apps WHERE id = @appId", new { appId }, transaction).ConfigureAwait(false) is { } has)
                {
                    port = (int)has;
                    return true;
                }

                HashSet<long> taken = [.. await connection.QueryAsync<long>("SELECT ingress_port FROM apps WHERE ingress_port IS NOT NULL AND is_deleted = 0", transaction: transaction).ConfigureAwait(false)];
                port = Enumerable.Range(first, last - first + 1).Cast<int?>().FirstOrDefault(number => !taken.Contains(number!.Value));
                return port is not null
                    && await connection.ExecuteAsync("UPDATE apps SET ingress_port = @port WHERE id = @appId", new { appId, port = (long)port.Value }, transaction).ConfigureAwait(false) == 1;
            },
            cancellationToken).ConfigureAwait(false);
        return port;
    }

    /// <summary>
    /// Holds an app for the rest of a transaction: what is decided by the app and its deployments together is decided by one writer after the other. SQLite
    /// has one writer as it is.
    /// </summary>
    private async Task<bool> LockAppAsync(DbConnection connection, DbTransaction transaction, string appId)
    {
        if (Kind == DatabaseKind.Postgres)
            await connection.ExecuteAsync("SELECT 1 FROM apps WHERE id = @appId FOR UPDATE", new { appId }, transaction).ConfigureAwait(false);
        return true;
    }

    private static async Task AddSetAsync(DbConnection connection, DbTransaction transaction, OperatorSet set)
    {
        await connection.ExecuteAsync(
            "INSERT INTO operator_sets (id, organization_id, name, threshold, created_at) VALUES (@Id, @OrganizationId, @Name, @threshold, @created)",
            new { set.Id, set.OrganizationId, set.Name, threshold = (long)set.Threshold, created = Ms(set.CreatedAt) },
            transaction).ConfigureAwait(false);
        for (int i = 0; i < set.Operators.Count; i++)
        {
            await connection.ExecuteAsync(
                "INSERT INTO operator_set_members (set_id, position, operator_id) VALUES (@set, @position, @op)",
                new { set = set.Id, position = (long)i, op = set.Operators[i].Id },
                transaction).ConfigureAwait(false);
        }
    }
}
