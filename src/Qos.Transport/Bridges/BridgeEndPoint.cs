using System.Net;

namespace Qos.Transport;

/// <summary>One end of a bridge: where it listens or what it connects to. Specification: host, Bridges.</summary>
public sealed class BridgeEndPoint
{
    private BridgeEndPoint(BridgeEndPointKind kind, IPEndPoint? ip, string path, uint cid, uint port)
    {
        Kind = kind;
        Ip = ip;
        Path = path;
        Cid = cid;
        Port = port;
    }

    /// <summary>What the other members say.</summary>
    public BridgeEndPointKind Kind { get; }

    /// <summary>The address and port of a TCP end; null for the others.</summary>
    public IPEndPoint? Ip { get; }

    /// <summary>The path of a Unix socket, or of the vhost-user back end's; empty for the others.</summary>
    public string Path { get; }

    /// <summary>The context identifier of a vsock end.</summary>
    public uint Cid { get; }

    /// <summary>The port of a vsock or vhost-user end.</summary>
    public uint Port { get; }

    /// <summary>A TCP address; port 0 lets the system choose when listening.</summary>
    public static BridgeEndPoint Tcp(IPAddress address, int port) =>
        new(BridgeEndPointKind.Tcp, new IPEndPoint(address, port), string.Empty, 0, 0);

    /// <summary>A TCP address; port 0 lets the system choose when listening.</summary>
    public static BridgeEndPoint Tcp(IPEndPoint address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return new(BridgeEndPointKind.Tcp, address, string.Empty, 0, 0);
    }

    /// <summary>A Unix socket.</summary>
    public static BridgeEndPoint Unix(string path) => new(BridgeEndPointKind.Unix, null, UnixPath.Checked(path), 0, 0);

    /// <summary>A vsock port; <see cref="VsockEndPoint.AnyCid"/> to listen.</summary>
    public static BridgeEndPoint Vsock(uint cid, uint port) => new(BridgeEndPointKind.Vsock, null, string.Empty, cid, port);

    /// <summary>A port behind a vhost-user back end; it can only be connected to.</summary>
    public static BridgeEndPoint VhostUser(string path, uint port) =>
        new(BridgeEndPointKind.VhostUser, null, UnixPath.Checked(path), 0, port);

    /// <summary>A form for logs.</summary>
    public override string ToString() => Kind switch
    {
        BridgeEndPointKind.Tcp => $"tcp:{Ip}",
        BridgeEndPointKind.Unix => $"unix:{Path}",
        BridgeEndPointKind.Vsock => new VsockEndPoint(Cid, Port).ToString(),
        _ => $"vhost:{Path} port {Port}",
    };
}
