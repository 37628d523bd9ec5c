namespace Qos.Fleet;

/// <summary>What became of a posted share.</summary>
public enum ShareState
{
    /// <summary>Kept, not yet with the replica.</summary>
    Posted,

    /// <summary>The replica has it.</summary>
    Delivered,

    /// <summary>The replica said no.</summary>
    Refused,
}
