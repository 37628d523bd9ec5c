using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Qos.Fleet.Storage;

/// <summary>Connections to one SQLite file, each with what the service relies on: write-ahead log, foreign keys, every commit on the disk.</summary>
internal sealed class SqliteSource(string path) : DbDataSource
{
    public override string ConnectionString { get; } = ConnectionStringOf(path);

    internal static string ConnectionStringOf(string path) => new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = SqliteOpenMode.ReadWriteCreate,
        ForeignKeys = true,
        DefaultTimeout = 30,
        Pooling = true,
    }.ToString();

    protected override DbConnection CreateDbConnection() => new SqliteConnection(ConnectionString);

    protected override DbConnection OpenDbConnection()
    {
        var connection = new SqliteConnection(ConnectionString);
        try
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 30000;";
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
