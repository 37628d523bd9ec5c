using System.Text.Json;
using Qos.Nsm;

namespace Qos.Verify;

/// <summary>
/// Measurements as tools write them: lines <c>&lt;hex&gt; PCR&lt;n&gt;</c>, or JSON whose members <c>PCR&lt;n&gt;</c> are hex, on their own or
/// in <c>Measurements</c>. Specification: eif, Measurements; host, Files.
/// </summary>
public static class PcrFile
{
    /// <summary>The largest file that is read, in bytes.</summary>
    public const int MaxSize = 64 * 1024;

    /// <summary>Reads a file.</summary>
    /// <exception cref="FormatException">It has another form; the message says what and where.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyDictionary<int, byte[]> Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxSize)
                throw new FormatException($"it has more than {MaxSize} bytes");
            return Parse(File.ReadAllText(path));
        }
        catch (FormatException e)
        {
            throw new FormatException($"{path} does not hold PCRs: {e.Message}.", e);
        }
    }

    /// <summary>Reads the text of a file.</summary>
    /// <returns>The PCRs by index, 48 bytes each; at least one.</returns>
    /// <exception cref="FormatException">It has another form.</exception>
    public static IReadOnlyDictionary<int, byte[]> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var pcrs = new SortedDictionary<int, byte[]>();
        if (text.TrimStart().StartsWith('{'))
            ReadJson(text, pcrs);
        else
            ReadLines(text, pcrs);
        return pcrs.Count > 0 ? pcrs : throw new FormatException("there is no PCR in it");
    }

    private static void ReadLines(string text, SortedDictionary<int, byte[]> pcrs)
    {
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
                continue;
            if (words.Length != 2 || IndexOf(words[1]) is not { } index)
                throw new FormatException($"line {number} is not \"<hex> PCR<n>\"");
            Add(pcrs, index, words[0], $"line {number}");
        }
    }

    private static void ReadJson(string text, SortedDictionary<int, byte[]> pcrs)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 8 });
            JsonElement members = document.RootElement.TryGetProperty("Measurements", out JsonElement inner) ? inner : document.RootElement;
            if (members.ValueKind != JsonValueKind.Object)
                throw new FormatException("\"Measurements\" is not an object");
            foreach (JsonProperty member in members.EnumerateObject())
            {
                if (IndexOf(member.Name) is { } index)
                    Add(pcrs, index, member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : "", $"the member {member.Name}");
            }
        }
        catch (JsonException e)
        {
            throw new FormatException($"it is not valid JSON (line {e.LineNumber + 1})", e);
        }
    }

    private static int? IndexOf(string name) =>
        name.StartsWith("PCR", StringComparison.OrdinalIgnoreCase)
        && int.TryParse(name.AsSpan(3), System.Globalization.NumberStyles.None, null, out int index)
        && index < Pcr.Count
            ? index
            : null;

    private static void Add(SortedDictionary<int, byte[]> pcrs, int index, string hex, string where)
    {
        byte[] value;
        try
        {
            value = Convert.FromHexString(hex);
        }
        catch (FormatException e)
        {
            throw new FormatException($"{where} has no hex", e);
        }

        if (value.Length != Pcr.Size)
            throw new FormatException($"{where} has {value.Length} bytes, and a PCR has {Pcr.Size}");
        if (!pcrs.TryAdd(index, value))
            throw new FormatException($"{where} gives PCR{index} a second time");
    }
}
