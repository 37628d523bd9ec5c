namespace Qos.Nsm;

/// <summary>
/// Why the Nitro Secure Module refused a request. The order is that of the Borsh indices. Format: docs/protocol/nsm.md, Device; messages.md, Messages.
/// </summary>
public enum NsmError
{
    /// <summary>No error; the device never answers a refusal with it.</summary>
    Success,

    /// <summary>The request's arguments are invalid.</summary>
    InvalidArgument,

    /// <summary>There is no PCR of this index.</summary>
    InvalidIndex,

    /// <summary>The answer does not belong to the request.</summary>
    InvalidResponse,

    /// <summary>The PCR is locked.</summary>
    ReadOnlyIndex,

    /// <summary>The module cannot do what was asked, or did not understand it.</summary>
    InvalidOperation,

    /// <summary>The answer does not fit the caller's buffer.</summary>
    BufferTooSmall,

    /// <summary>A field of the request is longer than the module takes.</summary>
    InputTooLarge,

    /// <summary>The module failed.</summary>
    InternalError,
}
