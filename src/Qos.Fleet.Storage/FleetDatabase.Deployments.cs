using System.Data.Common;
using Dapper;

namespace Qos.Fleet.Storage;

/// <summary>Deployments, their approvals and shares. Each change belongs to an activity, which it completes with the result that is given.</summary>
public sealed partial class FleetDatabase
{
    /// <summary>Keeps a deployment.</summary>
    /// <param name="activityId">The activity.</param>
    /// <param name="result">Its result.</param>
    /// <param name="deployment">The deployment.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="others">How many deployments the app had when this one was made, which looked at their nonces; null when it did not.</param>
    /// <returns>False when the activity was done before, the app is deleted, or it has other deployments by now.</returns>
    public Task<bool> CreateDeploymentAsync(string activityId, string result, Deployment deployment, CancellationToken cancellationToken, int? others = null)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        return DoAsync(
            activityId,
            result,
            async (connection, transaction) => await LockAppAsync(connection, transaction, deployment.AppId).ConfigureAwait(false) && (others is null || others == await connection.ExecuteScalarAsync<long>(
                "SELECT COUNT(*) FROM deployments WHERE app_id = @AppId", new { deployment.AppId }, transaction).ConfigureAwait(false)) && await connection.ExecuteAsync(
                """
                INSERT INTO deployments (id, organization_id, app_id, manifest_id, manifest, qos_version, image_url, image_digest, pivot_path, pivot_args, health_kind, health_port,
                    ingress_port, ingress_kind, encrypted_pull_secret, debug_mode, replicas, cpus, ram_gib, created_at, updated_at, is_deleted, is_purged, nonce)
                SELECT @Id, @OrganizationId, a.id, @ManifestId, @Manifest, @QosVersion, @ImageUrl, @ImageDigest, @PivotPath, @PivotArgs, @HealthKind, @HealthPort,
                    @IngressPort, @IngressKind, @EncryptedPullSecret, @DebugMode, @Replicas, @Cpus, @RamGib, @CreatedAt, @CreatedAt, 0, 0, @Nonce
                FROM apps a WHERE a.id = @AppId AND a.is_deleted = 0
                """,
                new DeploymentRow
                {
                    Id = deployment.Id,
                    OrganizationId = deployment.OrganizationId,
                    AppId = deployment.AppId,
                    ManifestId = deployment.ManifestId,
                    Manifest = deployment.ManifestBytes.ToArray(),
                    Nonce = deployment.Manifest.Namespace.Nonce,
                    QosVersion = deployment.QosVersion,
                    ImageUrl = deployment.ImageUrl,
                    ImageDigest = deployment.ImageDigest,
                    PivotPath = deployment.PivotPath,
                    PivotArgs = System.Text.Json.JsonSerializer.Serialize(deployment.PivotArgs, StorageJson.Default.IReadOnlyListString),
                    HealthKind = deployment.Health.Kind.ToString(),
                    HealthPort = deployment.Health.Port,
                    IngressPort = deployment.IngressPort,
                    IngressKind = deployment.Ingress.ToString(),
                    EncryptedPullSecret = deployment.EncryptedPullSecret!,
                    DebugMode = Flag(deployment.DebugMode),
                    Replicas = deployment.Replicas,
                    Cpus = deployment.Cpus,
                    RamGib = deployment.RamGib,
                    CreatedAt = Ms(deployment.CreatedAt),
                },
                transaction).ConfigureAwait(false) == 1,
            cancellationToken);
    }

    /// <summary>A deployment that is not purged; null when there is none.</summary>
    public Task<Deployment?> DeploymentAsync(string organizationId, string id, CancellationToken cancellationToken) => ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<DeploymentRow>(
            "SELECT * FROM deployments WHERE organization_id = @organizationId AND id = @id AND is_purged = 0", new { organizationId, id }).ConfigureAwait(false))?.ToModel(),
        cancellationToken);

    /// <summary>The deployment of a manifest; null when there is none.</summary>
    public Task<Deployment?> DeploymentOfManifestAsync(string organizationId, string manifestId, CancellationToken cancellationToken) => ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<DeploymentRow>(
            "SELECT * FROM deployments WHERE organization_id = @organizationId AND manifest_id = @manifestId AND is_purged = 0", new { organizationId, manifestId }).ConfigureAwait(false))?.ToModel(),
        cancellationToken);

    /// <summary>An app's deployments that are not purged, the newest first.</summary>
    public Task<IReadOnlyList<Deployment>> DeploymentsAsync(string appId, int limit, CancellationToken cancellationToken) => ReadAsync<IReadOnlyList<Deployment>>(
        async connection => [.. (await connection.QueryAsync<DeploymentRow>(
            "SELECT * FROM deployments WHERE app_id = @appId AND is_purged = 0 ORDER BY created_at DESC, id LIMIT @limit", new { appId, limit = (long)limit }).ConfigureAwait(false)).Select(static row => row.ToModel())],
        cancellationToken);

    /// <summary>Every nonce of an app's manifests so far, those of purged deployments too. Only a manifest that an older service wrote is read for it.</summary>
    public Task<IReadOnlyList<DeploymentNonce>> NoncesAsync(string appId, CancellationToken cancellationToken) => ReadAsync<IReadOnlyList<DeploymentNonce>>(
        async connection => [.. (await connection.QueryAsync<NonceRow>(
            "SELECT id, nonce, is_deleted, CASE WHEN nonce IS NULL THEN manifest END AS manifest FROM deployments WHERE app_id = @appId", new { appId }).ConfigureAwait(false)).Select(static row => row.ToModel())],
        cancellationToken);

    /// <summary>The executables that deployments need which exist or can be restored: their SHA-256 in lower-case hex.</summary>
    public Task<IReadOnlySet<string>> NeededPivotsAsync(CancellationToken cancellationToken) => ReadAsync<IReadOnlySet<string>>(
        async connection => (await connection.QueryAsync<NonceRow>("SELECT manifest FROM deployments WHERE is_purged = 0").ConfigureAwait(false))
            .Select(static row => Convert.ToHexStringLower(Protocol.ManifestFormat.Read(row.Manifest).Pivot.Hash.Span)).ToHashSet(StringComparer.Ordinal),
        cancellationToken);

    /// <summary>Who approved a manifest.</summary>
    public Task<IReadOnlyList<StoredApproval>> ApprovalsAsync(string manifestId, CancellationToken cancellationToken) => ReadAsync<IReadOnlyList<StoredApproval>>(
        async connection => [.. (await connection.QueryAsync<ApprovalRow>($"{ApprovalColumns} WHERE p.manifest_id = @manifestId ORDER BY p.created_at, p.id", new { manifestId }).ConfigureAwait(false)).Select(static row => row.ToModel()).DistinctBy(Member)],
        cancellationToken);

    /// <summary>The shares that came for a deployment, the newest first.</summary>
    public Task<IReadOnlyList<ProvisioningShare>> SharesAsync(string deploymentId, CancellationToken cancellationToken) => ReadAsync<IReadOnlyList<ProvisioningShare>>(
        async connection => [.. (await connection.QueryAsync<ShareRow>($"{ShareColumns} WHERE s.deployment_id = @deploymentId ORDER BY s.created_at DESC LIMIT 1000", new { deploymentId }).ConfigureAwait(false)).Select(static row => row.ToModel())],
        cancellationToken);

    /// <summary>Keeps approvals, all or none.</summary>
    /// <returns>False when the activity was done before.</returns>
    /// <exception cref="DuplicateException">An operator approved this manifest before.</exception>
    public async Task<bool> AddApprovalsAsync(string activityId, string result, IReadOnlyList<StoredApproval> approvals, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(approvals);
        try
        {
            return await DoAsync(
                activityId,
                result,
                async (connection, transaction) =>
                {
                    foreach (StoredApproval approval in approvals)
                    {
                        await connection.ExecuteAsync(
                            "INSERT INTO approvals (id, manifest_id, operator_id, signature, created_at) VALUES (@Id, @ManifestId, @op, @signature, @created)",
                            new { approval.Id, approval.ManifestId, op = approval.Operator.Id, signature = (object)approval.Signature.ToArray(), created = Ms(approval.CreatedAt) },
                            transaction).ConfigureAwait(false);
                    }

                    return true;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (IsDuplicate(e))
        {
            throw new DuplicateException("The operator approved this manifest before.", e);
        }
    }

    /// <summary>Keeps a share.</summary>
    /// <returns>False when the activity was done before.</returns>
    public Task<bool> AddShareAsync(string activityId, string result, ProvisioningShare share, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(share);
        return DoAsync(
            activityId,
            result,
            async (connection, transaction) => await connection.ExecuteAsync(
                """
                INSERT INTO shares (id, deployment_id, operator_id, setup_key, encrypted_share, signature, state, created_at)
                VALUES (@Id, @DeploymentId, @op, @SetupKey, @encrypted, @signature, @state, @created)
                """,
                new { share.Id, share.DeploymentId, op = share.Operator.Id, share.SetupKey, encrypted = (object)share.EncryptedShare.ToArray(), signature = (object)share.Signature.ToArray(), state = share.State.ToString(), created = Ms(share.CreatedAt) },
                transaction).ConfigureAwait(false) == 1,
            cancellationToken);
    }

    /// <summary>Marks a deployment to be gone.</summary>
    /// <returns>False when the activity was done before, or the deployment is live.</returns>
    public Task<bool> DeleteDeploymentAsync(string activityId, string result, string deploymentId, CancellationToken cancellationToken) => DoAsync(
        activityId,
        result,
        async (connection, transaction) => await LockAppOfAsync(connection, transaction, deploymentId).ConfigureAwait(false) && await connection.ExecuteAsync(
            "UPDATE deployments SET is_deleted = 1, updated_at = @now WHERE id = @deploymentId AND is_deleted = 0 AND NOT EXISTS (SELECT 1 FROM apps a WHERE a.live_deployment_id = @deploymentId)",
            new { deploymentId, now = Now },
            transaction).ConfigureAwait(false) == 1,
        cancellationToken);

    /// <summary>Changes how many replicas are wanted.</summary>
    /// <returns>False when the activity was done before, or the deployment is deleted.</returns>
    public Task<bool> ScaleDeploymentAsync(string activityId, string result, string deploymentId, int replicas, CancellationToken cancellationToken) => DoAsync(
        activityId,
        result,
        async (connection, transaction) => await connection.ExecuteAsync(
            "UPDATE deployments SET replicas = @replicas, updated_at = CASE WHEN updated_at >= @now THEN updated_at + 1 ELSE @now END WHERE id = @deploymentId AND is_deleted = 0",
            new { deploymentId, replicas = (long)replicas, now = Now },
            transaction).ConfigureAwait(false) == 1,
        cancellationToken);

    /// <summary>Takes that mark away.</summary>
    /// <returns>False when the activity was done before, or its resources are gone.</returns>
    public Task<bool> RestoreDeploymentAsync(string activityId, string result, string deploymentId, CancellationToken cancellationToken) => DoAsync(
        activityId,
        result,
        async (connection, transaction) => await LockAppOfAsync(connection, transaction, deploymentId).ConfigureAwait(false) && await connection.ExecuteAsync(
            "UPDATE deployments SET is_deleted = 0, updated_at = @now WHERE id = @deploymentId AND is_deleted = 1 AND is_purged = 0 AND EXISTS (SELECT 1 FROM apps a WHERE a.id = app_id AND a.is_deleted = 0)",
            new { deploymentId, now = Now },
            transaction).ConfigureAwait(false) == 1,
        cancellationToken);

    // One person may be known under several ids, and approves once all the same: an envelope with two of one person boots no node.
    private static (string Manifest, string Name, string Key) Member(StoredApproval approval) => (approval.ManifestId, approval.Operator.Name, approval.Operator.PublicKey);

    private async Task<bool> LockAppOfAsync(DbConnection connection, DbTransaction transaction, string deploymentId) =>
        await connection.ExecuteScalarAsync<string?>("SELECT app_id FROM deployments WHERE id = @deploymentId", new { deploymentId }, transaction).ConfigureAwait(false) is { } appId
        && await LockAppAsync(connection, transaction, appId).ConfigureAwait(false);

    // What a service wrote that knew no such column. A step that is cut off goes on when the database is opened next.
    private static async Task FillNoncesAsync(DbConnection connection)
    {
        const int AtATime = 100;
        for (string after = ""; ;)
        {
            NonceRow[] rows = [.. await connection.QueryAsync<NonceRow>(
                "SELECT id, nonce, is_deleted, manifest FROM deployments WHERE nonce IS NULL AND id > @after ORDER BY id LIMIT @limit", new { after, limit = (long)AtATime }).ConfigureAwait(false)];
            foreach (NonceRow row in rows)
                await connection.ExecuteAsync("UPDATE deployments SET nonce = @nonce WHERE id = @id", new { nonce = (long)row.ReadNonce(), id = row.Id }).ConfigureAwait(false);
            if (rows.Length < AtATime)
                return;
            after = rows[^1].Id;
        }
    }
}
