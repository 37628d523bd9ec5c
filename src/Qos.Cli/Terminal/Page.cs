using Qos.Protocol;
using Spectre.Console;

namespace Qos.Cli;

/// <summary>
/// Results for people, line by line. Whatever comes from a file or a node is made visible here, so that nothing in it moves the cursor;
/// nothing is ever taken for markup, and no value is broken into lines, so that it can be copied and searched for.
/// </summary>
internal sealed class Page(TextWriter output, bool isStyled)
{
    private const int LabelWidth = 16;

    private readonly IAnsiConsole _console = Open(output, isStyled);

    /// <summary>The title of what follows.</summary>
    public void Heading(string title) => Write(VisibleText.Escape(title), new Style(decoration: Decoration.Bold));

    /// <summary>A value under its name; both may come from outside.</summary>
    public void Field(string label, string value, Tone tone = Tone.Plain)
    {
        _console.Write(new Text($"  {VisibleText.Escape(label).PadRight(LabelWidth)} ", new Style(decoration: Decoration.Dim)));
        Write(VisibleText.Escape(value), StyleOf(tone));
    }

    /// <summary>A line of our own words, in which everything from outside is escaped already.</summary>
    public void Line(string text, Tone tone = Tone.Plain) => Write(text, StyleOf(tone));

    /// <summary>A file that was written.</summary>
    public void Wrote(string path, string what) => Line($"wrote {VisibleText.Escape(path)}: {what}");

    /// <summary>An empty line.</summary>
    public void Space() => _console.WriteLine();

    private static IAnsiConsole Open(TextWriter output, bool isStyled)
    {
        // Said outright: what the library finds out by itself, it finds out from the environment, also where the output is a file.
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isStyled ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = isStyled ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = 1_000_000;
        return console;
    }

    private static Style StyleOf(Tone tone) => tone switch
    {
        Tone.Good => new Style(Color.Green),
        Tone.Bad => new Style(Color.Red),
        Tone.Warning => new Style(Color.Yellow),
        Tone.Quiet => new Style(decoration: Decoration.Dim),
        _ => Style.Plain,
    };

    private void Write(string line, Style style)
    {
        _console.Write(new Text(line, style));
        _console.WriteLine();
    }
}
