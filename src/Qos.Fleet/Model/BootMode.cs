namespace Qos.Fleet;

/// <summary>How a replica gets the quorum key.</summary>
public enum BootMode
{
    /// <summary>From members' shares.</summary>
    Standard,

    /// <summary>From another replica that has it.</summary>
    KeyForward,
}
