namespace Qos.Node;

/// <summary>One line for the log of a node.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Message">What happened, in one line; never a secret.</param>
public sealed record NodeLogEntry(NodeLogSeverity Severity, string Message);
