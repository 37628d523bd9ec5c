using System.Text.Json;
using Qos.Nsm;

namespace Qos.Verify;

/// <summary>
/// Measurements as tools write them: lines <c>&lt;hex&gt; PCR&lt;n&gt;</c> or <c>PCR&lt;n&gt;: &lt;hex&gt;</c> with comments after <c>#</c>, or JSON whose members
/// <c>PCR&lt;n&gt;</c> are hex, on their own or in <c>Measurements</c>, of one image or of a list of enclaves. Format: docs/protocol/eif.md, Measurements; host.md, Files.
/// </summary>
public static class PcrFile
{
    /// <summary>The largest file that is read, in bytes.</summary>
    public const int MaxSize = 1024 * 1024;

    // An image's metadata may hold anything.
    private const int MaxDepth = 512;

    /// <summary>Reads a file.</summary>
    /// <exception cref="FormatException">It has another form; the message says what and where.</exception>
    /// <exception cref="IOException">It cannot be read, or is a pipe that somebody else may write into.</exception>
    public static IReadOnlyDictionary<int, byte[]> Read(string path)
    {
        try
        {
            return Parse(ReadText(path));
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
        SortedDictionary<int, byte[]> pcrs = JsonOf(text) is { } json ? ReadJson(json) : ReadLines(text);
        return pcrs.Count > 0 ? pcrs : throw new FormatException("there is no PCR in it");
    }

    private static string ReadText(string path)
    {
        ReadOnlyMemory<byte> bytes = NamedFile.Read(path, MaxSize);
        if (bytes.Length > MaxSize)
            throw new FormatException($"it has more than {MaxSize} bytes");
        using var text = new StreamReader(new MemoryStream(bytes.ToArray()));
        return text.ReadToEnd();
    }

    // nitro-cli says something on lines of their own before its JSON, and both may be in the file.
    private static string? JsonOf(string text)
    {
        string trimmed = text.TrimStart('\uFEFF').TrimStart();
        if (trimmed.StartsWith('{') || trimmed.StartsWith('['))
            return trimmed;
        int at = text.IndexOf("\n{", StringComparison.Ordinal);
        return at >= 0 ? text[(at + 1)..] : null;
    }

    private static SortedDictionary<int, byte[]> ReadLines(string text)
    {
        var pcrs = new SortedDictionary<int, byte[]>();
        int number = 0;
        foreach (string line in text.TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            string said = line.Split('#', 2)[0];
            string[] words = said.Split([' ', '\t', '\r', ':', '=', ',', '"', '\''], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0 || said.TrimStart().StartsWith("//", StringComparison.Ordinal) || words[0] is "HashAlgorithm" or "{" or "}")
                continue;
            if (words.Length != 2 || (IndexOf(words[0]) ?? IndexOf(words[1])) is not { } index)
                throw new FormatException($"line {number} is not \"<hex> PCR<n>\" or \"PCR<n>: <hex>\"");
            Add(pcrs, index, IndexOf(words[0]) is null ? words[0] : words[1], $"line {number}");
        }

        return pcrs;
    }

    // What nitro-cli prints of an image or an enclave, or of several; what an image's metadata says is somebody's text, and no measurement.
    private static SortedDictionary<int, byte[]> ReadJson(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            JsonElement[] roots = document.RootElement.ValueKind == JsonValueKind.Array ? [.. document.RootElement.EnumerateArray()] : [document.RootElement];
            SortedDictionary<int, byte[]>? only = null;
            foreach (JsonElement root in roots)
            {
                SortedDictionary<int, byte[]> found = ReadMeasurements(root);
                if (found.Count == 0)
                    continue;
                if (only is not null && !(only.Count == found.Count && only.All(pcr => found.TryGetValue(pcr.Key, out byte[]? other) && other.AsSpan().SequenceEqual(pcr.Value))))
                    throw new FormatException("it holds the PCRs of several enclaves, which differ: keep one of them");
                only = found;
            }

            return only ?? [];
        }
        catch (JsonException e)
        {
            throw new FormatException($"it is not valid JSON (line {e.LineNumber + 1})", e);
        }
        catch (InvalidOperationException e)
        {
            // A name or a text with half a character, which no string can hold.
            throw new FormatException("it holds half of a surrogate pair, which is no text", e);
        }
    }

    private static SortedDictionary<int, byte[]> ReadMeasurements(JsonElement root)
    {
        var pcrs = new SortedDictionary<int, byte[]>();
        if (root.ValueKind != JsonValueKind.Object)
            return pcrs;
        JsonElement members = root.TryGetProperty("Measurements", out JsonElement inner) ? inner : root;
        if (members.ValueKind != JsonValueKind.Object)
            throw new FormatException("\"Measurements\" is not an object");
        foreach (JsonProperty member in members.EnumerateObject())
        {
            if (IndexOf(member.Name) is { } index)
                Add(pcrs, index, member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : "", $"the member {member.Name}");
        }

        return pcrs;
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
