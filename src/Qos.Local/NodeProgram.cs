namespace Qos.Local;

/// <summary>A program of a node on this machine.</summary>
/// <param name="Name">Its name, and its log's.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Arguments">Its arguments; paths are relative to the node's folder.</param>
/// <param name="Wrapper">What prepares its surroundings and then becomes it; empty for nothing.</param>
/// <param name="Awaits">A file of the node's folder that must be there before it is started; null for none.</param>
public sealed record NodeProgram(string Name, string Path, IReadOnlyList<string> Arguments, IReadOnlyList<string> Wrapper, string? Awaits = null);
