using Qos.Protocol;

namespace Qos.Cli;

/// <summary>
/// Results for people, line by line. Whatever comes from a file or a node is made visible here, so that nothing in it moves the cursor;
/// nothing is ever taken for markup, and no value is broken into lines, so that it can be copied and searched for.
/// </summary>
internal sealed class Page(TextWriter output, bool isStyled)
{
    private const int LabelWidth = 16;
    private const string Reset = "\e[0m";
    private const string Bold = "\e[1m";
    private const string Dim = "\e[2m";

    /// <summary>Where what would be shown is kept instead; null when it is shown.</summary>
    public PageRecord? Record { get; set; }

    /// <summary>The title of what follows.</summary>
    public void Heading(string title) => Line(VisibleText.Escape(title), Bold);

    /// <summary>The result itself, alone on its line: hex of our own.</summary>
    public void Value(string value)
    {
        if (Record is { } record)
            record.Value = value;
        else
            output.WriteLine(value);
    }

    /// <summary>A value under its name; both may come from outside.</summary>
    public void Field(string label, string value, Tone tone = Tone.Plain)
    {
        if (Record is { } record)
        {
            record.AddField(label, value, page => page.Field(label, value, tone));
            return;
        }

        string name = $"  {VisibleText.Escape(label).PadRight(LabelWidth)} ";
        output.Write(isStyled ? Dim + name + Reset : name);
        Line(VisibleText.Escape(value), StyleOf(tone));
    }

    /// <summary>A line of our own words, in which everything from outside is escaped already.</summary>
    public void Line(string text, Tone tone = Tone.Plain) => Line(text, StyleOf(tone));

    /// <summary>A file that was written.</summary>
    public void Wrote(string path, string what)
    {
        if (Record is { } record)
            record.AddWritten(path, what);
        else
            Line($"wrote {VisibleText.Escape(path)}: {what}");
    }

    /// <summary>An empty line.</summary>
    public void Space()
    {
        if (Record is null)
            output.WriteLine();
    }

    private static string StyleOf(Tone tone) => tone switch
    {
        Tone.Good => "\e[32m",
        Tone.Bad => "\e[31m",
        Tone.Warning => "\e[33m",
        Tone.Quiet => Dim,
        _ => "",
    };

    private void Line(string text, string style)
    {
        if (Record is { } record)
            record.AddLine(text, page => page.Line(text, style));
        else
            output.WriteLine(isStyled && style.Length > 0 && text.Length > 0 ? style + text + Reset : text);
    }
}
