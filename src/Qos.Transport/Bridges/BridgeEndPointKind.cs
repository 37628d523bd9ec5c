namespace Qos.Transport;

/// <summary>The kinds of a bridge's ends.</summary>
public enum BridgeEndPointKind
{
    /// <summary>TCP over IPv4 or IPv6.</summary>
    Tcp,

    /// <summary>A Unix stream socket.</summary>
    Unix,

    /// <summary>A vsock stream socket.</summary>
    Vsock,

    /// <summary>A vsock port behind a vhost-user back end's Unix socket.</summary>
    VhostUser,
}
