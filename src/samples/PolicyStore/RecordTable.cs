using Microsoft.Data.Sqlite;

namespace Qos.Sample.PolicyStore;

/// <summary>Records in one table of SQLite. The primary key is what keeps two replicas from writing the same place.</summary>
public sealed class RecordTable
{
    private const int MaxRows = 1_000;
    private const int MaxBytes = 4 * 1024 * 1024;
    private const int Constraint = 19;

    private readonly string _connection;

    /// <summary>Opens the database and makes the table where it is missing.</summary>
    /// <exception cref="SqliteException">The file is no database.</exception>
    public RecordTable(string file)
    {
        _connection = new SqliteConnectionStringBuilder { DataSource = file }.ToString();
        using SqliteConnection connection = Open();
        using SqliteCommand create = connection.CreateCommand();
        create.CommandText = "PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS records (name TEXT, sequence INTEGER, record BLOB NOT NULL, PRIMARY KEY (name, sequence)) STRICT;";
        create.ExecuteNonQuery();
    }

    /// <summary>The records after a sequence, a thousand or some MiB at most: who wants more asks again.</summary>
    public IReadOnlyList<byte[]> Read(string name, long after)
    {
        using SqliteConnection connection = Open();
        using SqliteCommand select = connection.CreateCommand();
        select.CommandText = "SELECT record FROM records WHERE name = $name AND sequence > $after ORDER BY sequence LIMIT $most";
        select.Parameters.AddWithValue("$name", name);
        select.Parameters.AddWithValue("$after", after);
        select.Parameters.AddWithValue("$most", MaxRows);
        using SqliteDataReader rows = select.ExecuteReader();
        var records = new List<byte[]>();
        for (int total = 0; total < MaxBytes && rows.Read(); total += records[^1].Length)
            records.Add(rows.GetFieldValue<byte[]>(0));
        return records;
    }

    /// <summary>Adds a record; false when its place is taken.</summary>
    public bool Append(string name, long sequence, byte[] record)
    {
        using SqliteConnection connection = Open();
        using SqliteCommand insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO records VALUES ($name, $sequence, $record)";
        insert.Parameters.AddWithValue("$name", name);
        insert.Parameters.AddWithValue("$sequence", sequence);
        insert.Parameters.AddWithValue("$record", record);
        try
        {
            return insert.ExecuteNonQuery() == 1;
        }
        catch (SqliteException taken) when (taken.SqliteErrorCode == Constraint)
        {
            return false;
        }
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connection);
        connection.Open();
        return connection;
    }
}
