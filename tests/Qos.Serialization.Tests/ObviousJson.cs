using System.Numerics;
using System.Text;

namespace Qos.Serialization.Tests;

/// <summary>
/// The rules of the specification written down in the plainest way, character by character over UTF-16: slow, allocating, without limits but the
/// depth. The reader under test must accept what this accepts, and nothing else.
/// </summary>
internal sealed class ObviousJson
{
    private readonly string _text;
    private int _at;

    private ObviousJson(string text) => _text = text;

    /// <summary>The canonical form, or null where the document is refused.</summary>
    public static string? Canonical(byte[] document)
    {
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(document);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }

        var json = new ObviousJson(text);
        try
        {
            string canonical = json.Value(0);
            json.White();
            return json._at == text.Length ? canonical : null;
        }
        catch (Refusal)
        {
            return null;
        }
    }

    private string Value(int depth)
    {
        White();
        char next = _at < _text.Length ? _text[_at] : '\0';
        if (next is '{' or '[' && depth == 64)
            throw new Refusal();
        if (next == '{')
            return Object(depth + 1);
        if (next == '[')
            return Array(depth + 1);
        if (next == '"')
            return Quote(String());
        foreach (string word in new[] { "true", "false", "null" })
        {
            if (string.CompareOrdinal(_text, _at, word, 0, word.Length) == 0)
            {
                _at += word.Length;
                return word;
            }
        }

        return "\"" + Number() + "\"";
    }

    private string Object(int depth)
    {
        var members = new Dictionary<string, string>(StringComparer.Ordinal);
        Take('{');
        White();
        if (!TryTake('}'))
        {
            do
            {
                White();
                string name = String();
                White();
                Take(':');
                if (!members.TryAdd(name, Value(depth)))
                    throw new Refusal();
                White();
            }
            while (TryTake(','));
            Take('}');
        }

        return "{" + string.Join(',', members.Where(static member => member.Value != "null")
            .OrderBy(static member => member.Key, StringComparer.Ordinal)
            .Select(static member => Quote(member.Key) + ":" + member.Value)) + "}";
    }

    private string Array(int depth)
    {
        var elements = new List<string>();
        Take('[');
        White();
        if (!TryTake(']'))
        {
            do
            {
                elements.Add(Value(depth));
                White();
            }
            while (TryTake(','));
            Take(']');
        }

        return "[" + string.Join(',', elements) + "]";
    }

    private string Number()
    {
        int start = _at;
        while (_at < _text.Length && "+-.eE0123456789".Contains(_text[_at], StringComparison.Ordinal))
            _at++;
        string number = _text[start.._at];
        if (!BigInteger.TryParse(number, System.Globalization.NumberStyles.AllowLeadingSign, null, out BigInteger value))
            throw new Refusal();
        return value.ToString(System.Globalization.CultureInfo.InvariantCulture) == number && value >= long.MinValue && value <= ulong.MaxValue
            ? number
            : throw new Refusal();
    }

    private string String()
    {
        Take('"');
        var value = new StringBuilder();
        while (!TryTake('"'))
        {
            char next = Next();
            if (next < 0x20)
                throw new Refusal();
            if (next != '\\')
            {
                value.Append(next);
                continue;
            }

            char escape = Next();
            int letter = "bfnrt\"\\/".IndexOf(escape, StringComparison.Ordinal);
            if (letter >= 0)
                value.Append("\b\f\n\r\t\"\\/"[letter]);
            else if (escape == 'u')
                value.Append((char)Enumerable.Range(0, 4).Aggregate(0, (sum, _) => (sum * 16) + Digit(Next())));
            else
                throw new Refusal();
        }

        for (int i = 0; i < value.Length; i++)
        {
            bool pair = i + 1 < value.Length && char.IsSurrogatePair(value[i], value[i + 1]);
            if (char.IsSurrogate(value[i]) && !pair)
                throw new Refusal();
            i += pair ? 1 : 0;
        }

        return value.ToString();
    }

    private static int Digit(char digit) =>
        char.IsAsciiHexDigit(digit) ? Convert.ToInt32(digit.ToString(), 16) : throw new Refusal();

    private static string Quote(string value)
    {
        var quoted = new StringBuilder("\"");
        foreach (char character in value)
        {
            int letter = "\b\f\n\r\t\"\\".IndexOf(character, StringComparison.Ordinal);
            if (letter >= 0)
                quoted.Append('\\').Append("bfnrt\"\\"[letter]);
            else if (character < 0x20)
                quoted.Append("\\u").Append(((int)character).ToString("x4", null));
            else
                quoted.Append(character);
        }

        return quoted.Append('"').ToString();
    }

    private void White()
    {
        while (_at < _text.Length && " \t\r\n".Contains(_text[_at], StringComparison.Ordinal))
            _at++;
    }

    private char Next() => _at < _text.Length ? _text[_at++] : throw new Refusal();

    private bool TryTake(char character)
    {
        bool here = _at < _text.Length && _text[_at] == character;
        _at += here ? 1 : 0;
        return here;
    }

    private void Take(char character)
    {
        if (!TryTake(character))
            throw new Refusal();
    }

    private sealed class Refusal : Exception;
}
