using System.Data.Common;
using Dapper;

namespace Qos.Fleet.Storage;

/// <summary>Which of several services reconciles.</summary>
public sealed partial class FleetDatabase
{
    private const long LeaderLock = 0x716f735f6c656164;
    private readonly string? _path;

    /// <summary>
    /// Tries to become the one service that reconciles: an advisory lock of a PostgreSQL session, or a lock of a file beside SQLite's. The database or the
    /// kernel frees it when the service is gone.
    /// </summary>
    /// <returns>The leadership, to be disposed of; null while another service has it.</returns>
    public async Task<Leadership?> TryLeadAsync(CancellationToken cancellationToken)
    {
        if (_path is not null)
        {
            try
            {
                return new Leadership(new FileStream(_path + ".leader", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException)
            {
                return null;
            }
        }

        DbConnection connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (await connection.ExecuteScalarAsync<bool>(new CommandDefinition("SELECT pg_try_advisory_lock(@LeaderLock)", new { LeaderLock }, cancellationToken: cancellationToken)).ConfigureAwait(false))
                return new Leadership(connection);
            await connection.DisposeAsync().ConfigureAwait(false);
            return null;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
