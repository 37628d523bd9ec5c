namespace Qos.Runtime;

/// <summary>How much output reaches the console.</summary>
public sealed record OutputLimits
{
    /// <summary>Longest line that is shown, in bytes; the rest of a longer one is cut off.</summary>
    public int LineLength { get; init; } = 1024;

    /// <summary>Lines shown at once after silence.</summary>
    public int Burst { get; init; } = 200;

    /// <summary>Lines shown per second in the long run; the others are dropped and counted.</summary>
    public int LinesPerSecond { get; init; } = 50;

    /// <summary>Lines that wait for a console that is slower than that; further ones are dropped and counted.</summary>
    public int Waiting { get; init; } = 256;
}
