namespace Qos.Protocol;

/// <summary>What an error carries besides its code. Format: docs/protocol/messages.md, Errors.</summary>
public enum ProtocolErrorShape
{
    /// <summary>Nothing: a bare string in JSON.</summary>
    Unit,

    /// <summary>A text.</summary>
    Text,

    /// <summary>A phase.</summary>
    Phase,

    /// <summary>Two phases: an array in JSON.</summary>
    Transition,

    /// <summary>Two texts, <c>expected</c> and <c>actual</c>.</summary>
    Different,

    /// <summary>Two u32, <c>expected</c> and <c>actual</c>.</summary>
    Nonces,

    /// <summary>An approval.</summary>
    Approval,

    /// <summary>A key error, with its text where it has one.</summary>
    Key,
}
