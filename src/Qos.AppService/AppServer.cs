using System.Net.Sockets;
using Qos.App;
using Qos.Nsm;
using Qos.Transport;

namespace Qos.AppService;

/// <summary>
/// Serves one app over HTTP on a Unix socket that is the owner's alone: what <see cref="QosApp"/> does, for languages in which P-256 and HKDF are work.
/// Format: docs/service.md.
/// </summary>
public sealed class AppServer : IDisposable
{
    private readonly EnclaveListener _listener;
    private readonly LiveDocuments _documents;
    private readonly AppRoutes _routes;
    private readonly AppServiceOptions _options;
    private readonly Action<string> _report;
    private readonly ConnectionSlots _connections;

    private AppServer(EnclaveListener listener, QosApp app, INsm nsm, AppServiceOptions options, Action<string> report)
    {
        _listener = listener;
        _documents = new LiveDocuments(nsm, app);
        _routes = new AppRoutes(app, _documents, new StampVerifier(options.StampWindow, options.MaxStamps, options.Time));
        _options = options;
        _report = report;
        _connections = new ConnectionSlots(options.MaxConnections);
    }

    /// <summary>How many connections are open.</summary>
    public int Connections => _connections.Count;

    /// <summary>Starts to listen.</summary>
    /// <param name="path">The socket's file, made with mode 0600; a dead process's is replaced.</param>
    /// <param name="app">Does the work; it stays the caller's.</param>
    /// <param name="nsm">Makes documents; it stays the caller's.</param>
    /// <param name="options">Limits.</param>
    /// <param name="report">Takes a line for what an operator should know; nothing secret.</param>
    /// <exception cref="TransportException">The path is in use or cannot be listened on.</exception>
    public static AppServer Listen(string path, QosApp app, INsm nsm, AppServiceOptions options, Action<string> report)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(options);
        EnclaveListener listener = EnclaveListener.Listen(EnclaveAddress.Unix(path));
        try
        {
            return new AppServer(listener, app, nsm, options, report);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>Serves until it is cancelled; connections that are open then are broken off.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        _listener.AcceptAllAsync(ServeAsync, why => _report($"the app's service cannot accept a connection: {why}"), _options.AcceptRetry, _options.Time, cancellationToken);

    /// <summary>Stops listening and removes the socket's file.</summary>
    public void Dispose()
    {
        _listener.Dispose();
        _documents.Dispose();
    }

    private async Task ServeAsync(EnclaveStream stream, CancellationToken cancellationToken)
    {
        using var connection = new AppConnection(stream, _routes, _options.Limits, _options.Time);
        if (_connections.TryAdd(connection.Dispose) is not { } slot)
            return;
        try
        {
            await connection.ServeAsync(_connections, slot, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TransportException or OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The app's doing, ours at the end, or it made room for another.
        }
        catch (Exception e)
        {
            // Whatever it was, it concerns this connection only; the message of an unknown exception is not for the log.
            _report($"a request of the app failed unexpectedly ({e.GetType().Name}); its connection was closed");
        }
        finally
        {
            _connections.Remove(slot);
        }
    }
}
