namespace Qos.Client;

/// <summary>How a boot request is written. Format: docs/protocol/messages.md, Messages.</summary>
public enum BootRequestForm
{
    /// <summary><c>bootStandardRequest</c> in JSON, the pivot in hex.</summary>
    StandardJson,

    /// <summary><c>bootKeyForwardRequest</c> in JSON, the pivot in hex.</summary>
    KeyForwardJson,

    /// <summary>Message 23: the envelope in JSON, the pivot raw, half the bytes.</summary>
    StandardRaw,

    /// <summary>Message 3 in Borsh, as nodes older than JSON and message 23 read it; V1 and V0 only.</summary>
    StandardBorsh,

    /// <summary>Message 13 in Borsh, as nodes older than JSON read it; V1 and V0 only.</summary>
    KeyForwardBorsh,
}
