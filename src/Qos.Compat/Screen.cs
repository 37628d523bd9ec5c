using System.Buffers;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary>Standard input and outputs, used as scripts of the reference's programs expect it.</summary>
/// <param name="input">Where answers come from, a terminal or not.</param>
/// <param name="output">Results, what was written, and questions.</param>
/// <param name="error">What went wrong.</param>
internal sealed class Screen(TextReader input, TextWriter output, TextWriter error)
{
    private const int Attempts = 3;
    private static readonly SearchValues<char> s_byLetter = SearchValues.Create(" \"\n\r\t\0");

    /// <summary>Standard output.</summary>
    public TextWriter Output => output;

    /// <summary>Standard error.</summary>
    public TextWriter Error => error;

    /// <summary>A file that was written.</summary>
    public void Wrote(string what, string path) => output.WriteLine($"{what} written to: {path}");

    /// <summary>Something beside the result.</summary>
    public void Warn(string message) => error.WriteLine($"warning: {message}");

    /// <summary>Asks on standard output and reads a line; after three answers that are neither, the answer is no.</summary>
    /// <param name="question">Safe to show.</param>
    public bool Confirm(string question)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            output.WriteLine(attempt == 0 ? question : "Please answer with either \"yes\" (y) or \"no\" (n)");
            output.Flush();
            switch (input.ReadLine()?.Trim())
            {
                case "yes" or "Yes" or "YES" or "Y" or "y":
                    return true;
                case "no" or "No" or "NO" or "N" or "n":
                    return false;
            }
        }

        return false;
    }

    /// <summary>Texts as the reference lists them: <c>["a", "b"]</c>.</summary>
    public static string Listed(IEnumerable<string> texts) => $"[{string.Join(", ", texts.Select(Quoted))}]";

    /// <summary>A text as the reference quotes it: blanks as they are, the line's and the quote's characters by their letters, all that is hidden by its number.</summary>
    public static string Quoted(string text)
    {
        var quoted = new System.Text.StringBuilder("\"");
        for (int at = 0; at < text.Length;)
        {
            int plain = text.AsSpan(at).IndexOfAny(s_byLetter);
            plain = plain < 0 ? text.Length - at : plain;
            quoted.Append(VisibleText.Escape(text.Substring(at, plain)));
            at += plain;
            if (at == text.Length)
                break;
            quoted.Append(text[at++] switch
            {
                ' ' => " ",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\0' => "\\0",
                _ => "\\\"",
            });
        }

        return quoted.Append('"').ToString();
    }
}
