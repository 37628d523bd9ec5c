namespace Qos.Fleet.Runners;

/// <summary>A program of a replica.</summary>
/// <param name="Name">Its name, and its log's.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Arguments">Its arguments; paths are relative to the replica's folder.</param>
/// <param name="Wrapper">What prepares its surroundings and then becomes it; empty for nothing.</param>
/// <param name="Awaits">A file of the replica's folder that must be there before it is started; null for none.</param>
internal sealed record ProgramStart(string Name, string Path, IReadOnlyList<string> Arguments, IReadOnlyList<string> Wrapper, string? Awaits = null);
