namespace Qos.Runtime;

/// <summary>Why a supervisor came to its end.</summary>
public enum PivotEnd
{
    /// <summary>The pivot ended by itself and its restart policy is <c>Never</c>.</summary>
    Exited,

    /// <summary>The pivot cannot be started, now or later.</summary>
    Failed,

    /// <summary>The supervisor was asked to stop.</summary>
    Stopped,
}
