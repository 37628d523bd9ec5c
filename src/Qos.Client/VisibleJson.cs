using System.Globalization;
using System.Text;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>JSON for machines that a terminal may show as well: what would steer the terminal is written as an escape, which means the same.</summary>
public static class VisibleJson
{
    /// <summary>The same JSON. Such characters stand inside strings only.</summary>
    /// <param name="json">Valid JSON in UTF-8, on one line.</param>
    public static string From(ReadOnlySpan<byte> json)
    {
        string text = Encoding.UTF8.GetString(json);
        if (!VisibleText.NeedsEscape(text))
            return text;
        var shown = new StringBuilder(text.Length + 16);
        foreach (Rune rune in text.EnumerateRunes())
        {
            string character = rune.ToString();
            if (!VisibleText.NeedsEscape(character))
            {
                shown.Append(character);
                continue;
            }

            foreach (char c in character)
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return shown.ToString();
    }
}
