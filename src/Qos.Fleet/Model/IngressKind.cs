namespace Qos.Fleet;

/// <summary>What an app's clients speak.</summary>
public enum IngressKind
{
    /// <summary>HTTP, with what runs over it: gRPC, WebSockets.</summary>
    Http,

    /// <summary>Bytes, on a port of the app's own.</summary>
    Tcp,
}
