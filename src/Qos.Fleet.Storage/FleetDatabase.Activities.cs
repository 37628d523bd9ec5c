using System.Data.Common;
using Dapper;

namespace Qos.Fleet.Storage;

/// <summary>Activities: kept before anything is done for them, and finished in the transaction of what they do.</summary>
public sealed partial class FleetDatabase
{
    private const string Completed = "ACTIVITY_STATUS_COMPLETED";
    private const string Failed = "ACTIVITY_STATUS_FAILED";

    /// <summary>Keeps an activity, unless one with its fingerprint is there.</summary>
    /// <returns>The kept one, and whether it is new.</returns>
    public async Task<(ActivityRecord Activity, bool IsNew)> BeginActivityAsync(ActivityRecord activity, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(activity);
        ActivityRow row = ActivityRow.Of(activity);
        bool isNew = await WriteAsync(
            async (connection, transaction) => await connection.ExecuteAsync(
                """
                INSERT INTO activities (id, organization_id, type, status, fingerprint, body, stamp, public_key, user_id, created_at, updated_at)
                VALUES (@Id, @OrganizationId, @Type, @Status, @Fingerprint, @Body, @Stamp, @PublicKey, @UserId, @CreatedAt, @UpdatedAt)
                ON CONFLICT (organization_id, fingerprint) DO NOTHING
                """,
                row,
                transaction).ConfigureAwait(false) == 1,
            cancellationToken).ConfigureAwait(false);
        return isNew
            ? (activity, true)
            : ((await ReadAsync(
                connection => connection.QuerySingleAsync<ActivityRow>(
                    "SELECT * FROM activities WHERE organization_id = @OrganizationId AND fingerprint = @Fingerprint", new { activity.OrganizationId, activity.Fingerprint }),
                cancellationToken).ConfigureAwait(false)).ToModel(), false);
    }

    /// <summary>Ends an activity without success; what it did until then is not kept.</summary>
    /// <returns>False when it has ended already.</returns>
    public Task<bool> FailActivityAsync(string id, int code, string message, CancellationToken cancellationToken) => WriteAsync(
        async (connection, transaction) => await connection.ExecuteAsync(
            "UPDATE activities SET status = @Failed, failure_code = @code, failure_message = @message, updated_at = @now WHERE id = @id AND status = 'ACTIVITY_STATUS_PENDING'",
            new { id, Failed, code = (long)code, message, now = Now },
            transaction).ConfigureAwait(false) == 1,
        cancellationToken);

    /// <summary>An activity; null when there is none.</summary>
    public Task<ActivityRecord?> ActivityAsync(string organizationId, string id, CancellationToken cancellationToken) => ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<ActivityRow>(
            "SELECT * FROM activities WHERE organization_id = @organizationId AND id = @id", new { organizationId, id }).ConfigureAwait(false))?.ToModel(),
        cancellationToken);

    /// <summary>The activity of a body; null when there is none.</summary>
    public Task<ActivityRecord?> ActivityOfBodyAsync(string organizationId, string fingerprint, CancellationToken cancellationToken) => ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<ActivityRow>(
            "SELECT * FROM activities WHERE organization_id = @organizationId AND fingerprint = @fingerprint", new { organizationId, fingerprint }).ConfigureAwait(false))?.ToModel(),
        cancellationToken);

    /// <summary>Activities, the newest first; fewer than the limit, and at least one, where their bodies have more than <see cref="PageBytes"/>.</summary>
    public Task<IReadOnlyList<ActivityRecord>> ActivitiesAsync(string organizationId, ActivityFilter filter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var what = new DynamicParameters(new { organizationId, before = filter.Before, after = filter.After, limit = (long)filter.Limit });
        string sql = "SELECT a.* FROM activities a WHERE a.organization_id = @organizationId";
        foreach ((string column, IReadOnlyList<string> values) in ((string, IReadOnlyList<string>)[])[("status", filter.Statuses), ("type", filter.Types)])
        {
            if (values.Count == 0)
                continue;
            what.Add(column, values.ToArray());
            sql += $" AND a.{column} IN (SELECT value FROM {(Kind == DatabaseKind.Sqlite ? $"json_each(@{column}))" : $"unnest(@{column}) AS value)")}";
            if (Kind == DatabaseKind.Sqlite)
                what.Add(column, System.Text.Json.JsonSerializer.Serialize(values));
        }

        if (filter.Before is not null)
            sql += " AND (a.created_at, a.id) < (SELECT created_at, id FROM activities WHERE id = @before AND organization_id = @organizationId)";
        if (filter.After is not null)
            sql += " AND (a.created_at, a.id) > (SELECT created_at, id FROM activities WHERE id = @after AND organization_id = @organizationId)";
        sql += filter.After is null ? " ORDER BY a.created_at DESC, a.id DESC LIMIT @limit" : " ORDER BY a.created_at, a.id LIMIT @limit";
        return ReadAsync<IReadOnlyList<ActivityRecord>>(
            async connection =>
            {
                var page = new List<ActivityRecord>();
                long bytes = 0;
                await foreach (ActivityRow row in connection.QueryUnbufferedAsync<ActivityRow>(sql, what).ConfigureAwait(false))
                {
                    page.Add(row.ToModel());
                    if ((bytes += row.Body.Length) > PageBytes)
                        break;
                }

                return [.. page.OrderByDescending(static a => a.CreatedAt).ThenByDescending(static a => a.Id, StringComparer.Ordinal)];
            },
            cancellationToken);
    }

    /// <summary>What a service that was killed left unfinished, the oldest first.</summary>
    public Task<IReadOnlyList<ActivityRecord>> PendingActivitiesAsync(CancellationToken cancellationToken) => ReadAsync<IReadOnlyList<ActivityRecord>>(
        async connection => [.. (await connection.QueryAsync<ActivityRow>("SELECT * FROM activities WHERE status = 'ACTIVITY_STATUS_PENDING' ORDER BY created_at").ConfigureAwait(false)).Select(static row => row.ToModel())],
        cancellationToken);

    /// <summary>Runs what an activity does and completes it, both or neither: a second run of the same activity changes nothing.</summary>
    private Task<bool> DoAsync(string activityId, string result, Func<DbConnection, DbTransaction, Task<bool>> act, CancellationToken cancellationToken) => WriteAsync(
        async (connection, transaction) =>
            await connection.ExecuteAsync(
                "UPDATE activities SET status = @Completed, result = @result, updated_at = @now WHERE id = @activityId AND status = 'ACTIVITY_STATUS_PENDING'",
                new { activityId, Completed, result, now = Now },
                transaction).ConfigureAwait(false) == 1
            && await act(connection, transaction).ConfigureAwait(false),
        cancellationToken);

#nullable disable
    private sealed class ActivityRow
    {
        public string Id { get; set; }

        public string OrganizationId { get; set; }

        public string Type { get; set; }

        public string Status { get; set; }

        public string Fingerprint { get; set; }

        public byte[] Body { get; set; }

        public string Stamp { get; set; }

        public string PublicKey { get; set; }

        public string UserId { get; set; }

        public string Result { get; set; }

        public long? FailureCode { get; set; }

        public string FailureMessage { get; set; }

        public long CreatedAt { get; set; }

        public long UpdatedAt { get; set; }

        public static ActivityRow Of(ActivityRecord a) => new()
        {
            Id = a.Id,
            OrganizationId = a.OrganizationId,
            Type = a.Type,
            Status = a.Status,
            Fingerprint = a.Fingerprint,
            Body = a.Body.ToArray(),
            Stamp = a.Stamp,
            PublicKey = a.PublicKey,
            UserId = a.UserId,
            CreatedAt = Ms(a.CreatedAt),
            UpdatedAt = Ms(a.UpdatedAt),
        };

        public ActivityRecord ToModel() => new()
        {
            Id = Id,
            OrganizationId = OrganizationId,
            Type = Type,
            Status = Status,
            Fingerprint = Fingerprint,
            Body = Body,
            Stamp = Stamp,
            PublicKey = PublicKey,
            UserId = UserId,
            Result = Result,
            FailureCode = (int?)FailureCode,
            FailureMessage = FailureMessage,
            CreatedAt = At(CreatedAt),
            UpdatedAt = At(UpdatedAt),
        };
    }
}
