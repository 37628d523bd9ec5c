using Qos.Serialization;

namespace Qos.Cli;

/// <summary>What a command would have shown to people, kept for a program that asked for JSON and for which the command has no form of its own.</summary>
internal sealed class PageRecord
{
    private readonly List<(string Path, string What)> _written = [];
    private readonly List<(string Label, string Value)> _fields = [];
    private readonly List<string> _lines = [];
    private readonly Queue<Action<Page>> _unseen = [];

    /// <summary>The result itself, where it is one text.</summary>
    public string? Value { get; set; }

    /// <summary>A file that was written.</summary>
    public void AddWritten(string path, string what) => _written.Add((path, what));

    /// <summary>A value under its name.</summary>
    /// <param name="label">Its name.</param>
    /// <param name="value">The value.</param>
    /// <param name="show">Shows it to people.</param>
    public void AddField(string label, string value, Action<Page> show)
    {
        _fields.Add((label.Trim(), value));
        _unseen.Enqueue(show);
    }

    /// <summary>A line of words.</summary>
    /// <param name="text">The words.</param>
    /// <param name="show">Shows them to people.</param>
    public void AddLine(string text, Action<Page> show)
    {
        _lines.Add(text);
        _unseen.Enqueue(show);
    }

    /// <summary>Shows to a person what was kept since the last time: whoever is asked about it must see it, also where the result is for a program.</summary>
    public void ShowUnseen(Page page)
    {
        while (_unseen.TryDequeue(out Action<Page>? show))
            show(page);
    }

    /// <summary>Writes what there is: <c>value</c>, <c>wrote</c>, <c>fields</c> and <c>lines</c>.</summary>
    public void Write(QosJsonWriter writer)
    {
        writer.BeginObject();
        if (Value is not null)
            writer.Member("value", Value);
        WriteList(writer, "wrote", "path", "what", _written);
        WriteList(writer, "fields", "name", "value", _fields);
        if (_lines.Count > 0)
            writer.Member("lines", _lines);
        writer.EndObject();
    }

    private static void WriteList(QosJsonWriter writer, string name, string first, string second, List<(string First, string Second)> entries)
    {
        if (entries.Count == 0)
            return;
        writer.WritePropertyName(name);
        writer.BeginArray();
        foreach ((string one, string other) in entries)
        {
            writer.BeginObject();
            writer.Member(first, one);
            writer.Member(second, other);
            writer.EndObject();
        }

        writer.EndArray();
    }
}
