namespace Qos.Node;

/// <summary>How bad what a node logs is.</summary>
public enum NodeLogSeverity
{
    /// <summary>A step of the node's life.</summary>
    Information,

    /// <summary>A request was refused; the node goes on as before.</summary>
    Warning,

    /// <summary>Something went wrong that nobody outside should be able to cause, or the node cannot go on.</summary>
    Error,
}
