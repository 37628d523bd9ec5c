namespace Qos.Fleet;

/// <summary>A replica's host does not answer, or answers something that no host does.</summary>
public sealed class NodeUnreachableException : Exception
{
    /// <summary>Says what happened.</summary>
    public NodeUnreachableException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
