namespace Qos.Cli;

/// <summary>The keyboard of the terminal that the program was started in.</summary>
internal sealed class SystemKeyboard : IKeyboard
{
    /// <inheritdoc/>
    public bool IsPresent => !Console.IsInputRedirected && !Console.IsErrorRedirected;

    /// <inheritdoc/>
    public string? ReadLine() => Console.ReadLine();

    /// <inheritdoc/>
    public ConsoleKeyInfo ReadKey() => Console.ReadKey(intercept: true);
}
