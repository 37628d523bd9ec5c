using Dapper;

namespace Qos.Fleet.Storage;

/// <summary>What the ingress needs, and what statuses show.</summary>
public sealed partial class FleetDatabase
{
    /// <summary>All ready replicas of live deployments.</summary>
    public Task<IReadOnlyList<IngressRoute>> RoutesAsync(CancellationToken cancellationToken) => ReadAsync<IReadOnlyList<IngressRoute>>(
        async connection =>
        [
            .. (await connection.QueryAsync<RouteRow>(
                """
                SELECT a.id AS app_id, d.ingress_kind, a.ingress_port, r.id AS replica_id, r.ingress_address
                FROM apps a JOIN deployments d ON d.id = a.live_deployment_id JOIN replicas r ON r.deployment_id = d.id AND r.state <> 'Gone' AND r.state = 'Ready'
                WHERE a.is_deleted = 0 AND r.ingress_address IS NOT NULL
                """).ConfigureAwait(false))
                .Select(static row => new IngressRoute(row.AppId, Enum.Parse<IngressKind>(row.IngressKind), (int?)row.IngressPort, row.ReplicaId, row.IngressAddress)),
        ],
        cancellationToken);

    /// <summary>The TCP port of an app, whether or not a replica of it is ready; null when the app is deleted, or its live deployment is none of a TCP app.</summary>
    public Task<int?> TcpPortAsync(string appId, CancellationToken cancellationToken) => ReadAsync(
        async connection => (int?)await connection.ExecuteScalarAsync<long?>(
            """
            SELECT a.ingress_port FROM apps a JOIN deployments d ON d.id = a.live_deployment_id
            WHERE a.id = @appId AND a.is_deleted = 0 AND d.ingress_kind = 'Tcp'
            """,
            new { appId }).ConfigureAwait(false),
        cancellationToken);

    /// <summary>Says of which replicas without new traffic a service still carries requests.</summary>
    public Task TellDrainsAsync(string service, IReadOnlyCollection<string> replicaIds, CancellationToken cancellationToken) => WriteAsync(
        async (connection, transaction) =>
        {
            await connection.ExecuteAsync(
                "DELETE FROM ingress_drains WHERE service = @service OR replica_id NOT IN (SELECT id FROM replicas WHERE state <> 'Gone')", new { service }, transaction).ConfigureAwait(false);
            foreach (string replicaId in replicaIds)
                await connection.ExecuteAsync("INSERT INTO ingress_drains (service, replica_id) VALUES (@service, @replicaId)", new { service, replicaId }, transaction).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    /// <summary>The replicas of which other services still carry requests.</summary>
    public Task<IReadOnlySet<string>> DrainsElsewhereAsync(string service, CancellationToken cancellationToken) => ReadAsync<IReadOnlySet<string>>(
        async connection => (await connection.QueryAsync<string>("SELECT replica_id FROM ingress_drains WHERE service <> @service", new { service }).ConfigureAwait(false)).ToHashSet(StringComparer.Ordinal),
        cancellationToken);

    /// <summary>An app's replicas that are not gone.</summary>
    public Task<IReadOnlyList<Replica>> ReplicasAsync(string appId, CancellationToken cancellationToken) => ReadAsync<IReadOnlyList<Replica>>(
        async connection => [.. (await connection.QueryAsync<ReplicaRow>("SELECT * FROM replicas WHERE app_id = @appId AND state <> 'Gone' ORDER BY deployment_id, slot", new { appId }).ConfigureAwait(false)).Select(static row => row.ToModel())],
        cancellationToken);

#nullable disable
    internal sealed class RouteRow
    {
        public string AppId { get; set; }

        public string IngressKind { get; set; }

        public long? IngressPort { get; set; }

        public string ReplicaId { get; set; }

        public string IngressAddress { get; set; }
    }
}
