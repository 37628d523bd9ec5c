using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Qos.Transport;

/// <summary>
/// Where an enclave is reached: <c>unix:/path</c>, <c>vsock:16</c> or <c>vhost:/path</c>.
/// Ports keep their vsock numbers. As Unix sockets, the control port (3) is the path S itself and any other port P
/// of the enclave is the path <c>S.P.appsock</c>, as other implementations of the protocol name it, so that hosts and
/// enclaves of different make meet. Format: docs/protocol/messages.md, Transport; host.md, Bridges.
/// </summary>
public sealed class EnclaveAddress : IEquatable<EnclaveAddress>
{
    /// <summary>The port of the control protocol.</summary>
    public const uint ControlPort = 3;

    // Milliseconds; the pauses double from one, so a busy listener has about a second.
    private const int LongestPause = 512;

    private EnclaveAddress(EnclaveAddressKind kind, string path, uint cid)
    {
        Kind = kind;
        Path = path;
        Cid = cid;
    }

    /// <summary>By what the enclave is reached.</summary>
    public EnclaveAddressKind Kind { get; }

    /// <summary>The control socket's path, or the back end's; empty for vsock.</summary>
    public string Path { get; }

    /// <summary>The context identifier; zero unless vsock.</summary>
    public uint Cid { get; }

    /// <summary>An enclave process on this machine, its control socket at <paramref name="path"/>.</summary>
    public static EnclaveAddress Unix(string path) => new(EnclaveAddressKind.Unix, UnixPath.Checked(path), 0);

    /// <summary>An enclave with a context identifier; <see cref="VsockEndPoint.AnyCid"/> on the enclave's own side.</summary>
    public static EnclaveAddress Vsock(uint cid) => new(EnclaveAddressKind.Vsock, string.Empty, cid);

    /// <summary>A machine behind a vhost-user vsock back end whose Unix socket is at <paramref name="path"/>.</summary>
    public static EnclaveAddress VhostUser(string path) => new(EnclaveAddressKind.VhostUser, UnixPath.Checked(path), 0);

    /// <summary>Reads a text form; a bare path means a Unix socket, <c>vsock:any</c> the enclave's own side.</summary>
    /// <exception cref="TransportException">The text is none of the forms.</exception>
    public static EnclaveAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith("unix:", StringComparison.Ordinal))
            return Unix(text["unix:".Length..]);
        if (text.StartsWith("vhost:", StringComparison.Ordinal))
            return VhostUser(text["vhost:".Length..]);
        if (text == "vsock:any")
            return Vsock(VsockEndPoint.AnyCid);
        if (text.StartsWith("vsock:", StringComparison.Ordinal)
            && uint.TryParse(text.AsSpan("vsock:".Length), NumberStyles.None, CultureInfo.InvariantCulture, out uint cid))
        {
            return Vsock(cid);
        }

        if (text.Contains('/', StringComparison.Ordinal) && !text.Contains(':', StringComparison.Ordinal))
            return Unix(text);
        throw new TransportException(
            TransportError.BadAddress,
            $"'{text}' is no enclave address: write unix:/path, vsock:16 or vhost:/path.");
    }

    /// <summary>Reads a text form as <see cref="Parse"/> does, without an exception.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out EnclaveAddress? address)
    {
        address = null;
        if (text is null)
            return false;
        try
        {
            address = Parse(text);
            return true;
        }
        catch (TransportException)
        {
            return false;
        }
    }

    /// <summary>Connects to a port of the enclave, from the host's side.</summary>
    /// <param name="port">The vsock port; <see cref="ControlPort"/> for the control protocol.</param>
    /// <param name="cancellationToken">Gives up; the half-made connection is closed.</param>
    /// <exception cref="TransportException"><see cref="TransportError.Unreachable"/>: nobody answers there.</exception>
    public async Task<EnclaveStream> ConnectAsync(uint port, CancellationToken cancellationToken = default)
    {
        for (int pause = 1; ; pause = Math.Min(2 * pause, LongestPause))
        {
            try
            {
                return await DialAsync(port, cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock && pause < LongestPause)
            {
                // A Unix listener with a full queue says so at once, and the kernel does not tell when there is room.
                await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                throw new TransportException(
                    TransportError.Unreachable,
                    $"The enclave does not answer at {this}, port {port} ({e.Message}); is it running?",
                    e);
            }
        }
    }

    /// <summary>The host's side of a <c>server</c> bridge: what to connect to for the enclave's port.</summary>
    public EndPoint DialEnclave(uint port) => Kind switch
    {
        EnclaveAddressKind.Unix => new UnixDomainSocketEndPoint(PathOf(port)),
        EnclaveAddressKind.Vsock => new VsockEndPoint(Cid, port),
        _ => new VhostUserEndPoint(Path, port),
    };

    /// <summary>The enclave's side of a <c>server</c> bridge: where it listens for the host.</summary>
    /// <exception cref="TransportException">The address is a vhost-user back end's, which only a host can use.</exception>
    public EndPoint ListenInEnclave(uint port) => Kind switch
    {
        EnclaveAddressKind.Unix => new UnixDomainSocketEndPoint(PathOf(port)),
        EnclaveAddressKind.Vsock => new VsockEndPoint(VsockEndPoint.AnyCid, port),
        _ => throw HostOnly(),
    };

    /// <summary>The enclave's side of a <c>client</c> bridge: what to connect to for the host's port.</summary>
    /// <param name="port">The vsock port at the host.</param>
    /// <param name="hostCid">Who the host is, seen from inside.</param>
    public EndPoint DialHost(uint port, uint hostCid = VsockEndPoint.ParentCid) => Kind switch
    {
        EnclaveAddressKind.Unix => new UnixDomainSocketEndPoint(HostPathOf(port)),
        EnclaveAddressKind.Vsock => new VsockEndPoint(hostCid, port),
        _ => throw HostOnly(),
    };

    /// <summary>The host's side of a <c>client</c> bridge: where it listens for the enclave.</summary>
    public EndPoint ListenOnHost(uint port) => Kind switch
    {
        EnclaveAddressKind.Unix => new UnixDomainSocketEndPoint(HostPathOf(port)),
        EnclaveAddressKind.Vsock => new VsockEndPoint(VsockEndPoint.AnyCid, port),
        _ => new UnixDomainSocketEndPoint(UnixPath.Checked($"{Path}_{port}")),
    };

    /// <summary>The Unix socket of one of the enclave's ports.</summary>
    internal string PathOf(uint port) => port == ControlPort ? Path : UnixPath.Checked($"{Path}.{port}.appsock");

    // The enclave's ports and the host's are different machines' with vsock, so their files must differ as well.
    private string HostPathOf(uint port) => UnixPath.Checked($"{Path}.host_{port}");

    private async Task<EnclaveStream> DialAsync(uint port, CancellationToken cancellationToken)
    {
        bool vsock = Kind == EnclaveAddressKind.Vsock;
        Socket socket = vsock ? VsockEndPoint.CreateSocket() : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            string path = Kind == EnclaveAddressKind.Unix ? PathOf(port) : Path;
            await ConnectAsync(socket, vsock ? new VsockEndPoint(Cid, port) : new UnixDomainSocketEndPoint(path), cancellationToken)
                .ConfigureAwait(false);
            if (Kind == EnclaveAddressKind.VhostUser)
                await VhostUserHandshake.RunAsync(socket, port, cancellationToken).ConfigureAwait(false);
            return new EnclaveStream(socket, vsock ? EnclaveStream.VsockChunk : int.MaxValue);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // Socket.ConnectAsync of its own accord renders a whole stack trace, with files and lines, into the exception of every failure: a host
    // that waits for its enclave would load the symbols of all its libraries for it, several times a second.
    private static async Task ConnectAsync(Socket socket, EndPoint endPoint, CancellationToken cancellationToken)
    {
        using var attempt = new SocketAsyncEventArgs { RemoteEndPoint = endPoint };
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        attempt.Completed += (_, _) => done.SetResult();
        if (socket.ConnectAsync(attempt))
        {
            using CancellationTokenRegistration cancelled = cancellationToken.Register(() => Socket.CancelConnectAsync(attempt));
            await done.Task.ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (attempt.SocketError != SocketError.Success)
            throw new SocketException((int)attempt.SocketError);
    }

    private TransportException HostOnly() =>
        new(TransportError.BadAddress, $"{this} is a vhost-user back end, which only the host uses; inside, listen on vsock:any.");

    /// <inheritdoc/>
    public bool Equals(EnclaveAddress? other) =>
        other is not null && other.Kind == Kind && other.Path == Path && other.Cid == Cid;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as EnclaveAddress);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Path, Cid);

    /// <summary>The text form that <see cref="Parse"/> reads.</summary>
    public override string ToString() => Kind switch
    {
        EnclaveAddressKind.Unix => $"unix:{Path}",
        EnclaveAddressKind.Vsock => Cid == VsockEndPoint.AnyCid ? "vsock:any" : $"vsock:{Cid}",
        _ => $"vhost:{Path}",
    };
}
