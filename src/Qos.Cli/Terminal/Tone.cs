namespace Qos.Cli;

/// <summary>What a line means; shown by colour on a terminal that has colours, never by colour alone.</summary>
internal enum Tone
{
    /// <summary>Nothing special.</summary>
    Plain,

    /// <summary>Less important.</summary>
    Quiet,

    /// <summary>It holds.</summary>
    Good,

    /// <summary>It needs an answer.</summary>
    Warning,

    /// <summary>It does not hold.</summary>
    Bad,
}
