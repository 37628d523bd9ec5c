using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Qos.App;
using Qos.AppService;
using Qos.Node;
using Qos.Transport;

namespace Qos.Runtime;

/// <summary>The app's local service while a pivot is supervised: open before its first start, gone after its end. Format: docs/service.md.</summary>
internal sealed class LocalService : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly QosApp? _app;
    private readonly AppServer? _server;
    private readonly string? _folder;
    private readonly Task _serving = Task.CompletedTask;

    private LocalService(QosApp? app = null, AppServer? server = null, string? folder = null)
    {
        _app = app;
        _server = server;
        _folder = folder;
        if (server is not null)
            _serving = server.RunAsync(_stop.Token);
    }

    /// <summary>
    /// Opens it where the manifest does not say otherwise. When it cannot be opened (a folder whose path is too long for a socket) a warning says so and the
    /// pivot is started all the same: one that needs the service notices, and no other one should suffer.
    /// </summary>
    public static LocalService Open(LocalServiceSetup? setup, PivotLaunch launch, ILogger<LocalService> logger)
    {
        if (setup is null)
            return new LocalService();
        if (!launch.HasLocalService)
        {
            logger.ServiceIsOff();
            return new LocalService();
        }

        QosApp? app = null;
        try
        {
            string path = Path.Combine(Path.GetFullPath(setup.Directory), LocalServiceSetup.SocketBelow);
            string folder = Path.GetDirectoryName(path)!;
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            app = QosApp.FromEnclaveFiles(setup.Directory);
            var server = AppServer.Listen(path, app, setup.Nsm, new AppServiceOptions(), logger.ServiceNotice);
            logger.ServiceOpened(path);
            return new LocalService(app, server, folder);
        }
        catch (Exception e) when (e is TransportException or QosAppException or IOException or UnauthorizedAccessException or SocketException)
        {
            app?.Dispose();
            logger.ServiceMissing(e.Message);
            return new LocalService();
        }
    }

    /// <summary>Breaks the app's connections off, removes the socket and wipes the keys.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _server?.Dispose();
        _app?.Dispose();
        _stop.Dispose();
        try
        {
            if (_folder is not null)
                Directory.Delete(_folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An image's /run, or what the app put there, stays.
        }
    }
}
