using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Qos.Protocol;

namespace Qos.Host;

/// <summary>
/// Tells systemd that the host is up, what it does, and that it lives (sd_notify(3): READY, STATUS, WATCHDOG, STOPPING). It lives as long as its
/// background look at the enclave comes round, whatever that finds.
/// </summary>
internal sealed class SystemdNotifier(EnclaveMonitor monitor, IHostApplicationLifetime lifetime) : IHostedService, IDisposable
{
    private readonly Socket? _socket = Connect(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));
    private readonly bool _isWatched = Environment.GetEnvironmentVariable("WATCHDOG_USEC") is { } text
        && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _)
        && (Environment.GetEnvironmentVariable("WATCHDOG_PID") is not { } pid || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture));

    private string? _said;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (_socket is null)
            return Task.CompletedTask;
        monitor.Looked = Looked;
        lifetime.ApplicationStarted.Register(() => Notify("READY=1"));
        lifetime.ApplicationStopping.Register(() => Notify("STOPPING=1"));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _socket?.Dispose();

    private static Socket? Connect(string? path)
    {
        if (string.IsNullOrEmpty(path) || path[0] is not ('/' or '@'))
            return null;
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path));
            socket.Blocking = false;
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    private void Looked(EnclaveView view, string? problem)
    {
        string status = problem is null ? "ready" : VisibleText.Escape($"not ready: {problem}");
        if (status != _said)
            Notify($"STATUS={status}");
        _said = status;
        if (_isWatched)
            Notify("WATCHDOG=1");
    }

    private void Notify(string what)
    {
        try
        {
            _socket!.Send(Encoding.UTF8.GetBytes(what));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The service manager is not there or does not listen: the host goes on without it.
        }
    }
}
