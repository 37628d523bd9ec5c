using System.Net;
using System.Net.Sockets;

namespace Qos.Transport;

/// <summary>
/// A port of a machine behind a vhost-user vsock back end: the back end's Unix socket, which is told the port. It can only be connected to.
/// Format: docs/protocol/host.md, Bridges.
/// </summary>
public sealed class VhostUserEndPoint : EndPoint
{
    private readonly UnixDomainSocketEndPoint _backEnd;

    /// <summary>Creates the address.</summary>
    /// <param name="path">The back end's Unix socket.</param>
    /// <param name="port">The vsock port in the machine.</param>
    public VhostUserEndPoint(string path, uint port)
    {
        _backEnd = new UnixDomainSocketEndPoint(UnixPath.Checked(path));
        Path = path;
        Port = port;
    }

    /// <summary>The back end's Unix socket.</summary>
    public string Path { get; }

    /// <summary>The vsock port in the machine.</summary>
    public uint Port { get; }

    /// <inheritdoc/>
    public override AddressFamily AddressFamily => AddressFamily.Unix;

    /// <inheritdoc/>
    public override SocketAddress Serialize() => _backEnd.Serialize();

    /// <inheritdoc/>
    public override string ToString() => $"vhost:{Path}:{Port}";
}
