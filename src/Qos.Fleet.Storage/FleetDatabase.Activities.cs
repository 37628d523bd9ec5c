using System.Data.Common;
using System.Text.Json;
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
        string each = Kind == DatabaseKind.Sqlite ? "SELECT value FROM json_each({0})" : "SELECT json_array_elements_text(CAST({0} AS json))";
        string where = "";
        if (filter.Statuses.Count > 0)
            where += $" AND a.status IN ({each.Replace("{0}", "@statuses", StringComparison.Ordinal)})";
        if (filter.Types.Count > 0)
            where += $" AND a.type IN ({each.Replace("{0}", "@types", StringComparison.Ordinal)})";
        if (filter.Before is not null)
            where += " AND (a.created_at, a.id) < (SELECT created_at, id FROM activities WHERE id = @before AND organization_id = @organizationId)";
        if (filter.After is not null)
            where += " AND (a.created_at, a.id) > (SELECT created_at, id FROM activities WHERE id = @after AND organization_id = @organizationId)";
        string order = filter.After is null ? "ORDER BY a.created_at DESC, a.id DESC" : "ORDER BY a.created_at, a.id";
        string statuses = JsonSerializer.Serialize(filter.Statuses, StorageJson.Default.IReadOnlyListString), types = JsonSerializer.Serialize(filter.Types, StorageJson.Default.IReadOnlyListString);
        return ReadAsync<IReadOnlyList<ActivityRecord>>(
            async connection =>
            {
                var page = new List<ActivityRecord>();
                long bytes = 0;

                // What the text does not name is not sent.
                await foreach (ActivityRow row in connection.QueryUnbufferedAsync<ActivityRow>(
                    $"SELECT a.* FROM activities a WHERE a.organization_id = @organizationId{where} {order} LIMIT @limit",
                    new { organizationId, before = filter.Before, after = filter.After, limit = (long)filter.Limit, statuses, types }).ConfigureAwait(false))
                {
                    page.Add(row.ToModel());
                    if ((bytes += ((byte[])row.Body).Length) > PageBytes)
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
    internal sealed class ActivityRow
    {
        public string Id { get; set; }

        public string OrganizationId { get; set; }

        public string Type { get; set; }

        public string Status { get; set; }

        public string Fingerprint { get; set; }

        // Bytes that are also written are objects: Dapper takes an array for a list of values.
        public object Body { get; set; }

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
            Body = (byte[])Body,
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
