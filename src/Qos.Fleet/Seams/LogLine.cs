namespace Qos.Fleet;

/// <summary>One line that an app in debug mode wrote.</summary>
/// <param name="Content">The line without its end.</param>
/// <param name="At">When it was written; null when the runner does not know.</param>
public sealed record LogLine(string Content, DateTimeOffset? At);
