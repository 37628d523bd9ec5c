using System.Data.Common;
using System.Globalization;
using Dapper;

namespace Qos.Fleet.Storage;

/// <summary>Which of several services reconciles.</summary>
public sealed partial class FleetDatabase
{
    private const long LeaderLock = 0x716f735f6c656164;
    private const string Elsewhere = "SELECT place FROM places WHERE place <> @place AND EXISTS (SELECT 1 FROM replicas WHERE state <> 'Gone')";
    private readonly string? _path;

    /// <summary>The place where the fleet's replicas run, when that is not the caller's; null when it is, and when none runs.</summary>
    public Task<string?> ElsewhereAsync(string place, CancellationToken cancellationToken) => ReadAsync(
        connection => connection.ExecuteScalarAsync<string?>(Elsewhere, new { place }),
        cancellationToken);

    /// <summary>Makes a place the one where the fleet's replicas run, unless some run elsewhere. Only whoever leads may ask for that.</summary>
    /// <returns>The place where they run instead; null when this is the place now.</returns>
    public async Task<string?> ClaimPlaceAsync(string place, CancellationToken cancellationToken)
    {
        string? elsewhere = null;
        await WriteAsync(
            async (connection, transaction) =>
            {
                elsewhere = await connection.ExecuteScalarAsync<string?>(Elsewhere, new { place }, transaction).ConfigureAwait(false);
                return elsewhere is null
                    && await connection.ExecuteAsync("INSERT INTO places (id, place) VALUES (1, @place) ON CONFLICT (id) DO UPDATE SET place = @place", new { place }, transaction).ConfigureAwait(false) > 0;
            },
            cancellationToken).ConfigureAwait(false);
        return elsewhere;
    }

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
            if (await connection.ScalarAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT pg_try_advisory_lock({LeaderLock})"), null, cancellationToken).ConfigureAwait(false) is true)
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
