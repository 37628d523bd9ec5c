using System.Data.Common;
using Npgsql;

namespace Qos.Fleet.Storage;

/// <summary>The right to reconcile, for as long as its session or file lives.</summary>
public sealed class Leadership : IAsyncDisposable
{
    private readonly DbConnection? _connection;
    private readonly FileStream? _file;

    // Seconds. Whoever hears nothing for so long must stop: another service may hold the lock of the server that took over.
    private const int Patience = 5;

    internal Leadership(DbConnection connection) => _connection = connection;

    internal Leadership(FileStream file) => _file = file;

    /// <summary>Whether it is still held: a session that broke has lost it.</summary>
    public async Task<bool> IsHeldAsync(CancellationToken cancellationToken)
    {
        if (_connection is null)
            return _file is not null;
        try
        {
            return await _connection.ScalarAsync("SELECT 1", Patience, cancellationToken).ConfigureAwait(false) is not null;
        }
        catch (Exception e) when (e is DbException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            // A pooled session would keep the lock: it is given back before the session is.
            try
            {
                await _connection.ScalarAsync("SELECT pg_advisory_unlock_all()", Patience, default).ConfigureAwait(false);
            }
            catch (Exception e) when (e is DbException or InvalidOperationException)
            {
                // A broken session has no lock any more. One that is only slow might have it, and does not go back to the pool with it.
                NpgsqlConnection.ClearPool((NpgsqlConnection)_connection);
            }

            await _connection.DisposeAsync().ConfigureAwait(false);
        }

        if (_file is not null)
            await _file.DisposeAsync().ConfigureAwait(false);
    }
}
