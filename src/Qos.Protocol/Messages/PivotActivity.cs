namespace Qos.Protocol;

/// <summary>What the pivot is doing. Ours; the wire's names are these in camelCase.</summary>
public enum PivotActivity
{
    /// <summary>Not started: something is missing.</summary>
    Waiting,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>It exited and will be started again.</summary>
    Restarting,

    /// <summary>It exited and stays so.</summary>
    Exited,

    /// <summary>It could not be started.</summary>
    Failed,
}
