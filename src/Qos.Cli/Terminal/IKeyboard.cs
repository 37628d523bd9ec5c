namespace Qos.Cli;

/// <summary>Where answers come from: a person at a terminal, a test, or nobody.</summary>
internal interface IKeyboard
{
    /// <summary>Whether somebody can be asked.</summary>
    bool IsPresent { get; }

    /// <summary>One line, or null when there is no more.</summary>
    string? ReadLine();

    /// <summary>One key, which is not shown.</summary>
    ConsoleKeyInfo ReadKey();
}
