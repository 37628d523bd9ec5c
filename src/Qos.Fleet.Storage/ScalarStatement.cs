using System.Data.Common;

namespace Qos.Fleet.Storage;

/// <summary>A statement with a token and a time limit. Dapper's statements have neither when their code is made ahead.</summary>
internal static class ScalarStatement
{
    /// <summary>Runs a statement and gives the first column of its first row.</summary>
    /// <param name="connection">Where.</param>
    /// <param name="sql">The statement.</param>
    /// <param name="patience">Seconds after which it has failed; null for the connection's own.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public static async Task<object?> ScalarAsync(this DbConnection connection, string sql, int? patience, CancellationToken cancellationToken)
    {
        DbCommand command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = sql;
            command.CommandTimeout = patience ?? command.CommandTimeout;
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
