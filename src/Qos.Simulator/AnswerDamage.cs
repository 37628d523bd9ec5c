namespace Qos.Simulator;

/// <summary>What the simulator does to the bytes of its answers.</summary>
public enum AnswerDamage
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Only the first half of the answer is given.</summary>
    Truncated,

    /// <summary>Bytes that are no CBOR of the module's API are given.</summary>
    Garbage,

    /// <summary>A byte follows the answer.</summary>
    Trailing,
}
