using System.Globalization;
using System.Text;

namespace Qos.Protocol;

/// <summary>
/// Makes text from outside safe to show: what would move the cursor, hide or reorder text is shown as <c>\u{…}</c>.
/// Format: docs/protocol/manifest.md, "Ours, when a manifest is made, shown or approved".
/// </summary>
public static class VisibleText
{
    /// <summary>Whether the text holds a character that cannot be seen or moves others: control, format, separator, private, unassigned, a blank letter, half a surrogate pair.</summary>
    public static bool NeedsEscape(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (IsHidden(rune))
                return true;
        }

        return HasLoneSurrogate(text);
    }

    /// <summary>
    /// The text with such characters, and the backslash, escaped, so that two different texts never look the same for them. So are blanks that nobody sees (the
    /// first, the last) and those behind another: with enough of them a terminal goes on in the next line, where a value would look like another field.
    /// </summary>
    public static string Escape(string text)
    {
        if (!NeedsEscape(text) && !text.Contains('\\', StringComparison.Ordinal) && !HasUnseenBlank(text))
            return text;

        var shown = new StringBuilder(text.Length + 16);
        for (int index = 0; index < text.Length;)
        {
            if (Rune.TryGetRuneAt(text, index, out Rune rune))
            {
                if (rune.Value == '\\')
                    shown.Append("\\\\");
                else if (IsHidden(rune) || IsUnseenBlank(text, index))
                    AppendEscape(shown, rune.Value);
                else
                    shown.Append(rune.ToString());
                index += rune.Utf16SequenceLength;
            }
            else
            {
                AppendEscape(shown, text[index]);
                index++;
            }
        }

        return shown.ToString();
    }

    /// <summary>
    /// A name among others or before words of ours: in quotes when it holds more than letters, digits, dots, hyphens and the like, so that no name looks like two
    /// of them or like what is said of it. Not escaped.
    /// </summary>
    public static string Name(string name) =>
        name.Length > 0 && name.All(static c => char.IsLetterOrDigit(c) || char.IsSurrogate(c) || c is '.' or '-' or '_' or '@' or '/' or '+')
            ? name
            : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>
    /// One line for a log or a terminal: hidden characters escaped as <see cref="Escape"/> has them, line feeds among them; tabs and
    /// backslashes stay, so a line that was made of escaped texts is not escaped twice.
    /// </summary>
    public static string Line(string text)
    {
        if (!NeedsEscape(text))
            return text;
        var shown = new StringBuilder(text.Length + 16);
        for (int index = 0; index < text.Length;)
        {
            bool isRune = Rune.TryGetRuneAt(text, index, out Rune rune);
            if (!isRune || (IsHidden(rune) && rune.Value != '\t'))
                AppendEscape(shown, isRune ? rune.Value : text[index]);
            else
                shown.Append(text, index, rune.Utf16SequenceLength);
            index += isRune ? rune.Utf16SequenceLength : 1;
        }

        return shown.ToString();
    }

    /// <summary>A message without line breaks: each becomes a blank, and what else is hidden is escaped as <see cref="Line"/> has it.</summary>
    public static string OneLine(string message) => Line(string.Join(
        ' ', message.Split((char[]?)['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));

    private static void AppendEscape(StringBuilder shown, int value) =>
        shown.Append("\\u{").Append(value.ToString("x", CultureInfo.InvariantCulture)).Append('}');

    private static bool HasUnseenBlank(string text) => text.Length > 0 && (text[0] == ' ' || text[^1] == ' ' || text.Contains("  ", StringComparison.Ordinal));

    private static bool IsUnseenBlank(string text, int index) =>
        text[index] == ' ' && (index == 0 || index == text.Length - 1 || text[index - 1] == ' ');

    private static bool IsHidden(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        // Format covers the bidirectional marks, embeddings, overrides and isolates, zero-width characters and tags.
        UnicodeCategory.Control
            or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.PrivateUse => true,
        UnicodeCategory.SpaceSeparator => rune.Value != ' ',
        // Unicode's Default_Ignorable_Code_Point that is in no category above, then the empty Braille pattern and the empty note head, which look like blanks.
        _ => rune.Value is 0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or (>= 0x180B and <= 0x180F) or 0x3164 or 0xFFA0 or (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF)
            or 0x2800 or 0x1D159,
    };

    private static bool HasLoneSurrogate(string text)
    {
        for (int index = 0; index < text.Length; index++)
        {
            if (char.IsHighSurrogate(text[index]) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
                index++;
            else if (char.IsSurrogate(text[index]))
                return true;
        }

        return false;
    }
}
