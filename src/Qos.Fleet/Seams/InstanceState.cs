namespace Qos.Fleet;

/// <summary>A replica's state as its runner sees it.</summary>
public enum InstanceState
{
    /// <summary>Asked for; its host does not listen yet.</summary>
    Pending,

    /// <summary>Its host listens.</summary>
    Running,

    /// <summary>It ended and will not come back.</summary>
    Ended,
}
