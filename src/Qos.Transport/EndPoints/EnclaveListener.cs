using System.Net.Sockets;

namespace Qos.Transport;

/// <summary>
/// The enclave's side of an address: accepts connections to one of its ports. A Unix socket's file is the owner's alone
/// (0600); a file left over by a dead process is replaced, a living one is not. Format: docs/protocol/messages.md, Transport.
/// </summary>
public sealed class EnclaveListener : IDisposable
{
    private readonly Socket _socket;
    private readonly int _chunk;
    private readonly string? _path;

    private EnclaveListener(Socket socket, int chunk, string? path)
    {
        _socket = socket;
        _chunk = chunk;
        _path = path;
    }

    /// <summary>Starts to listen.</summary>
    /// <param name="address">A Unix path, or vsock (whose context identifier does not matter: it is the own one).</param>
    /// <param name="port">The vsock port; a Unix path is S for the control port and <c>S.P.appsock</c> for any other.</param>
    /// <param name="backlog">Connections that may wait to be accepted.</param>
    /// <exception cref="TransportException">
    /// <see cref="TransportError.AddressInUse"/>, or <see cref="TransportError.BadAddress"/> for what cannot be listened on.
    /// </exception>
    public static EnclaveListener Listen(EnclaveAddress address, uint port = EnclaveAddress.ControlPort, int backlog = 4096)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.Kind switch
        {
            EnclaveAddressKind.Unix => ListenUnix(address.PathOf(port), backlog),
            EnclaveAddressKind.Vsock => ListenVsock(port, backlog),
            _ => throw new TransportException(
                TransportError.BadAddress,
                $"{address} is a vhost-user back end, which only the host uses; inside, listen on vsock:any."),
        };
    }

    /// <summary>Waits for the next connection.</summary>
    /// <exception cref="SocketException">The process has no descriptor left, or the listener was disposed.</exception>
    public async ValueTask<EnclaveStream> AcceptAsync(CancellationToken cancellationToken = default)
    {
        Socket accepted = await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
        return new EnclaveStream(accepted, _chunk);
    }

    /// <summary>Accepts connections until it is cancelled. What becomes of one does not hold up the next.</summary>
    /// <param name="serve">Takes each connection, and its disposal; must not throw.</param>
    /// <param name="complain">Told why a connection could not be accepted.</param>
    /// <param name="retry">How long to wait then: descriptors come back when other connections end.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task AcceptAllAsync(
        Func<EnclaveStream, CancellationToken, Task> serve, Action<string> complain, TimeSpan retry, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(serve);
        ArgumentNullException.ThrowIfNull(complain);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                _ = serve(await AcceptAsync(cancellationToken).ConfigureAwait(false), cancellationToken);
            }
            catch (SocketException e) when (!cancellationToken.IsCancellationRequested)
            {
                complain(e.Message);
                await Task.Delay(retry, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Removes the Unix socket's file, which a successor may make again at once, and stops listening.</summary>
    public void Dispose()
    {
        if (_path is not null)
            UnixPath.Remove(_path);
        _socket.Dispose();
    }

    // As a bare descriptor: a Socket that binds a file itself removes it after it has closed, when it may be somebody else's.
    private static EnclaveListener ListenUnix(string path, int backlog)
    {
        int fd = NativeSocket.Listen(new UnixDomainSocketEndPoint(path), out _, backlog);
        return new EnclaveListener(new Socket(new SafeSocketHandle(fd, ownsHandle: true)), int.MaxValue, path);
    }

    private static EnclaveListener ListenVsock(uint port, int backlog)
    {
        Socket socket = VsockEndPoint.CreateSocket();
        try
        {
            socket.Bind(new VsockEndPoint(VsockEndPoint.AnyCid, port));
            socket.Listen(backlog);
            return new EnclaveListener(socket, EnclaveStream.VsockChunk, path: null);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new TransportException(TransportError.AddressInUse, $"vsock port {port} cannot be listened on ({e.Message}).", e);
        }
    }
}
