namespace Qos.Protocol;

/// <summary>What the pivot is doing. Ours; the wire's names are these in camelCase.</summary>
public enum PivotState
{
    /// <summary>Not started yet: the node is not provisioned.</summary>
    Waiting,

    /// <summary>Its process runs.</summary>
    Running,

    /// <summary>It ended and will be started again after its back-off.</summary>
    Restarting,

    /// <summary>It ended and its restart policy is <c>Never</c>.</summary>
    Exited,

    /// <summary>It cannot be started and never will be: its bytes are not the ones that were hashed, or they are not a program.</summary>
    Failed,
}
