using System.Net;
using System.Net.Sockets;

namespace Qos.Cli;

/// <summary>
/// One port of this machine's loopback that leads to the node of the moment. A connection that comes while there is none waits for it, so that a page
/// that is loaded again right after a change shows the change.
/// </summary>
internal sealed class DevRelay : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private TaskCompletionSource<int> _target = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private DevRelay(TcpListener listener)
    {
        _listener = listener;
        _ = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Listens.</summary>
    /// <param name="port">The port; 0 for any.</param>
    /// <param name="option">How to choose another one, for the complaint.</param>
    /// <exception cref="IOException">Another program listens there.</exception>
    public static DevRelay Listen(int port, string option)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return new DevRelay(listener);
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new IOException($"port {port} of this machine cannot be used ({e.Message}): {option}", e);
        }
    }

    /// <summary>Leads new connections to another port of the loopback; those that are open go on.</summary>
    public void Lead(int port)
    {
        TaskCompletionSource<int> before = _target;
        if (!before.TrySetResult(port))
        {
            var next = new TaskCompletionSource<int>();
            next.SetResult(port);
            Volatile.Write(ref _target, next);
        }
    }

    /// <summary>Lets new connections wait until there is a node again.</summary>
    public void Hold()
    {
        if (_target.Task.IsCompleted)
            Volatile.Write(ref _target, new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously));
    }

    /// <summary>Closes it and every connection.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = CarryAsync(await _listener.AcceptSocketAsync(_stop.Token).ConfigureAwait(false));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The run ends.
        }
    }

    private async Task CarryAsync(Socket client)
    {
        using Socket near = client;
        using var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        near.NoDelay = true;
        try
        {
            int port = await Volatile.Read(ref _target).Task.WaitAsync(s_patience, _stop.Token).ConfigureAwait(false);
            await far.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), _stop.Token).ConfigureAwait(false);
            await Task.WhenAll(CopyAsync(near, far), CopyAsync(far, near)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException or TimeoutException or ObjectDisposedException)
        {
            // The other side is told by the end of its connection.
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer, _stop.Token).ConfigureAwait(false)) > 0)
            {
                for (int sent = 0; sent < read;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _stop.Token).ConfigureAwait(false);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            // A reset on one side is one on the other.
            from.Dispose();
            to.Dispose();
            throw;
        }
    }
}
