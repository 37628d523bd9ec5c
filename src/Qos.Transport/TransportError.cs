namespace Qos.Transport;

/// <summary>What went wrong with a connection or an end point.</summary>
public enum TransportError
{
    /// <summary>An address that cannot be: unknown form, a path too long for a Unix socket, a port out of range.</summary>
    BadAddress,

    /// <summary>Somebody else listens at this address, or something that is no socket lies at its path.</summary>
    AddressInUse,

    /// <summary>Nobody answers at the address.</summary>
    Unreachable,

    /// <summary>The peer closed or reset the connection in the middle of a message.</summary>
    Disconnected,

    /// <summary>A message announces more bytes than allowed (format: docs/protocol/messages.md, Transport).</summary>
    Oversize,

    /// <summary>No message began within the idle limit.</summary>
    Idle,

    /// <summary>A message's bytes came or left more slowly than the limits allow.</summary>
    TooSlow,

    /// <summary>A request was not answered within its deadline.</summary>
    Deadline,

    /// <summary>The source of a streamed body ended before the length that was announced.</summary>
    ShortBody,
}
