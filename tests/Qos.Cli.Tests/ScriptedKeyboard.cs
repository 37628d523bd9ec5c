namespace Qos.Cli.Tests;

/// <summary>A person who answers what the script says; absent when it says nothing.</summary>
internal sealed class ScriptedKeyboard(IEnumerable<string> answers) : IKeyboard
{
    private readonly Queue<string> _lines = new(answers);
    private readonly Queue<ConsoleKeyInfo> _keys = new();

    public bool IsPresent { get; } = answers.Any();

    public string? ReadLine() => _lines.TryDequeue(out string? line) ? line : null;

    public ConsoleKeyInfo ReadKey()
    {
        if (_keys.Count == 0)
        {
            foreach (char c in _lines.Dequeue())
                _keys.Enqueue(new ConsoleKeyInfo(c, ConsoleKey.None, false, false, false));
            _keys.Enqueue(new ConsoleKeyInfo('\r', ConsoleKey.Enter, false, false, false));
        }

        return _keys.Dequeue();
    }
}
