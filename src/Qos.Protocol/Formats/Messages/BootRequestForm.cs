namespace Qos.Protocol;

/// <summary>How a boot request is written. Specification: protocol, Messages.</summary>
public enum BootRequestForm
{
    /// <summary><c>bootStandardRequest</c> in JSON, the pivot in hex.</summary>
    StandardJson,

    /// <summary><c>bootKeyForwardRequest</c> in JSON, the pivot in hex.</summary>
    KeyForwardJson,

    /// <summary>Message 23: the envelope in JSON, the pivot raw, half the bytes.</summary>
    StandardRaw,
}
