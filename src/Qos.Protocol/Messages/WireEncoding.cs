namespace Qos.Protocol;

/// <summary>How a message is written on the wire; an answer takes its request's. Format: docs/protocol/messages.md, Messages.</summary>
public enum WireEncoding
{
    /// <summary>Canonical JSON.</summary>
    Json,

    /// <summary>Borsh, for everything but genesis and V2 manifests.</summary>
    Borsh,
}
