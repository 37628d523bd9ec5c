using System.Data.Common;
using System.Globalization;
using System.Reflection;
using Dapper;

namespace Qos.Fleet.Storage;

/// <summary>
/// The schema, step by step: files <c>NNN.sql</c> for both databases, <c>NNN.sqlite.sql</c> and <c>NNN.postgres.sql</c> for one. A step that was taken is
/// never changed; each is one transaction, taken by one service while the others wait.
/// </summary>
internal static class Migrations
{
    private const long LockNumber = 0x716f735f6d696701;

    public static async Task RunAsync(DbConnection connection, DatabaseKind kind, CancellationToken cancellationToken)
    {
        if (kind == DatabaseKind.Postgres)
            await connection.ScalarAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_lock({LockNumber})"), null, cancellationToken).ConfigureAwait(false);
        try
        {
            await connection.ExecuteAsync("CREATE TABLE IF NOT EXISTS migrations (step BIGINT PRIMARY KEY, taken_at BIGINT NOT NULL)").ConfigureAwait(false);
            long last = await connection.ExecuteScalarAsync<long?>("SELECT MAX(step) FROM migrations").ConfigureAwait(false) ?? 0;
            IReadOnlyList<(long Step, string Sql)> steps = [.. Steps(kind)];
            if (last > steps[^1].Step)
                throw new StorageException($"The database was made by a newer qos-control: it is at step {last}, and this one knows {steps[^1].Step}.");
            foreach ((long step, string sql) in steps.Where(step => step.Step > last))
                await TakeAsync(connection, step, sql, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (kind == DatabaseKind.Postgres)
                await connection.ExecuteAsync("SELECT pg_advisory_unlock(@LockNumber)", new { LockNumber }).ConfigureAwait(false);
        }
    }

    private static async Task TakeAsync(DbConnection connection, long step, string sql, CancellationToken cancellationToken)
    {
        DbTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            // Another service may have taken it while this one waited.
            if (await connection.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM migrations WHERE step = @step", new { step }, transaction).ConfigureAwait(false) > 0)
                return;
            await connection.ExecuteAsync(sql, transaction: transaction).ConfigureAwait(false);
            await connection.ExecuteAsync(
                "INSERT INTO migrations (step, taken_at) VALUES (@step, @at)", new { step, at = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() }, transaction).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static IEnumerable<(long Step, string Sql)> Steps(DatabaseKind kind)
    {
        string own = kind == DatabaseKind.Sqlite ? ".sqlite" : ".postgres";
        string blob = kind == DatabaseKind.Sqlite ? "BLOB" : "BYTEA";
        Assembly assembly = typeof(Migrations).Assembly;
        return assembly.GetManifestResourceNames()
            .Where(name => !name.Contains('.', StringComparison.Ordinal) || name.EndsWith(own, StringComparison.Ordinal))
            .Select(name => (Step: long.Parse(name.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture), Sql: Read(assembly, name).Replace("{blob}", blob, StringComparison.Ordinal)))
            .OrderBy(static step => step.Step);
    }

    private static string Read(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
