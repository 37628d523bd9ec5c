namespace Qos.Runtime;

/// <summary>A pivot that cannot be started. Its message is one line for an operator: what was wrong, where.</summary>
public sealed class PivotProgramException : Exception
{
    /// <summary>Describes why the pivot cannot be started.</summary>
    /// <param name="message">One line: what was wrong, where.</param>
    /// <param name="isPermanent">Whether another attempt would fail in the same way.</param>
    public PivotProgramException(string message, bool isPermanent = true)
        : base(message) => IsPermanent = isPermanent;

    /// <summary>Whether another attempt would fail in the same way; if not, the supervisor tries again after its back-off.</summary>
    public bool IsPermanent { get; }

    /// <summary>Whether the node may not give the pivot a view of the file system of its own.</summary>
    internal bool IsConfinementRefused { get; init; }
}
