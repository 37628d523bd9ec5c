using System.Data.Common;
using Npgsql;

namespace Qos.Fleet.Storage;

/// <summary>
/// The service's database: SQLite in a file, or PostgreSQL. The same statements run on both. Safe for several threads, and on PostgreSQL for several
/// services.
/// </summary>
public sealed partial class FleetDatabase : IFleetStore, IAsyncDisposable
{
    /// <summary>Bytes after which a page of a list ends: whoever asks for long ones has the service hold no more at a time.</summary>
    public const int PageBytes = 4 << 20;

    private readonly DbDataSource _source;
    private readonly TimeProvider _time;

    private FleetDatabase(DbDataSource source, DatabaseKind kind, string? path, TimeProvider time) => (_source, Kind, _path, _time) = (source, kind, path, time);

    /// <summary>Which database it is.</summary>
    public DatabaseKind Kind { get; }

    /// <summary>Opens a database and brings its schema up to date.</summary>
    /// <param name="location"><c>sqlite:PATH</c>, or <c>postgres:</c> and a connection string as Npgsql has it (<c>Host=…;Database=…</c>).</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageException">It cannot be reached, or is another program's.</exception>
    public static async Task<FleetDatabase> OpenAsync(string location, TimeProvider time, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(location);
        FleetDatabase database = Choose(location, time);
        try
        {
            DbConnection connection = await database._source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                await Migrations.RunAsync(connection, database.Kind, cancellationToken).ConfigureAwait(false);
                await FillNoncesAsync(connection).ConfigureAwait(false);
            }

            return database;
        }
        catch (Exception e) when (e is DbException or IOException or UnauthorizedAccessException)
        {
            await database.DisposeAsync().ConfigureAwait(false);
            throw new StorageException($"The database cannot be opened: {e.Message}", e);
        }
        catch
        {
            await database.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync().ConfigureAwait(false);
        if (Kind == DatabaseKind.Sqlite)
            Microsoft.Data.Sqlite.SqliteConnection.ClearPool(new(_source.ConnectionString));
    }

    private static FleetDatabase Choose(string location, TimeProvider time)
    {
        int colon = location.IndexOf(':', StringComparison.Ordinal);
        (string scheme, string rest) = colon < 0 ? ("", location) : (location[..colon], location[(colon + 1)..]);
        try
        {
            return scheme switch
            {
                "sqlite" when rest.Length > 0 => new FleetDatabase(new SqliteSource(rest), DatabaseKind.Sqlite, Path.GetFullPath(rest), time),
                "postgres" or "postgresql" => new FleetDatabase(NpgsqlDataSource.Create(Postgres(rest)), DatabaseKind.Postgres, null, time),
                _ => throw new StorageException("The database is neither sqlite:PATH nor postgres:Host=…;Database=…;Username=…."),
            };
        }
        catch (ArgumentException e)
        {
            throw new StorageException($"The database's connection string cannot be read: {e.Message}", e);
        }
    }

    private static NpgsqlConnectionStringBuilder Postgres(string text)
    {
        var connection = new NpgsqlConnectionStringBuilder(text) { IncludeErrorDetail = false };
        if (string.IsNullOrEmpty(connection.Host))
            throw new StorageException("The database's connection string names no Host.");

        // Kerberos is asked for by those who have it: the driver would look for its library, and say on the console that there is none.
        if (!connection.ShouldSerialize("GSS Encryption Mode") && Environment.GetEnvironmentVariable("PGGSSENCMODE") is null)
            connection.GssEncryptionMode = GssEncryptionMode.Disable;
        return connection;
    }

    private static long Ms(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    private static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);

    private static long Flag(bool value) => value ? 1 : 0;

    private long Now => Ms(_time.GetUtcNow());

    private async Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancellationToken)
    {
        DbConnection connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
            return await read(connection).ConfigureAwait(false);
    }

    /// <summary>One transaction; it is kept when <paramref name="write"/> says so.</summary>
    private async Task<bool> WriteAsync(Func<DbConnection, DbTransaction, Task<bool>> write, CancellationToken cancellationToken)
    {
        DbConnection connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            DbTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                if (!await write(connection, transaction).ConfigureAwait(false))
                    return false;
                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                return true;
            }
        }
    }

    private static bool IsDuplicate(DbException e) =>
        e.SqlState == PostgresErrorCodes.UniqueViolation || e is Microsoft.Data.Sqlite.SqliteException { SqliteErrorCode: 19, SqliteExtendedErrorCode: 2067 or 1555 };
}
