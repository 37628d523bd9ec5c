using System.Globalization;
using System.Text;

namespace Qos.Runtime;

/// <summary>Text of unknown origin on an operator's terminal: it may not move the cursor, recolour, or reorder what is read.</summary>
public static class SafeText
{
    /// <summary>The text with control and format characters, line feeds among them, as visible escapes.</summary>
    public static string OneLine(ReadOnlySpan<char> text)
    {
        var safe = new StringBuilder(text.Length);
        while (!text.IsEmpty)
        {
            _ = Rune.DecodeFromUtf16(text, out Rune rune, out int length);
            text = text[length..];
            bool hidden = Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
            if (hidden && rune.Value != '\t')
                safe.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            else
                safe.Append(rune.ToString());
        }

        return safe.ToString();
    }
}
