using System.Globalization;
using Qos.Client;
using Qos.Protocol;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Qos.Cli;

/// <summary>
/// An app's or a deployment's file: YAML, or JSON, which is YAML as well. Each member is read once; a member that is not known, twice there or of the wrong
/// kind is told with its line and column.
/// </summary>
internal sealed class FleetFile
{
    private const int MaxBytes = 1024 * 1024;
    private readonly string _path;
    private readonly YamlMappingNode _map;
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    private FleetFile(string path, YamlMappingNode map) => (_path, _map) = (path, map);

    /// <summary>Reads a file.</summary>
    /// <exception cref="CeremonyException">It is not a mapping.</exception>
    public static FleetFile Read(string path)
    {
        byte[] bytes = InputFile.Bytes(path);
        if (bytes.Length > MaxBytes)
            throw new CeremonyException($"{path}: {bytes.Length} bytes are too many.");
        try
        {
            // Aliases could make a small file large, and the library takes some of the stack for each level.
            string text = new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
            var stream = new YamlStream();
            stream.Load(new Bounded(new Parser(new StringReader(text)), path));
            return stream.Documents is [{ RootNode: YamlMappingNode map }]
                ? new FleetFile(path, map)
                : throw new CeremonyException($"{path} is not one document of \"name: value\" lines, or one JSON object.");
        }
        catch (YamlException e)
        {
            throw new CeremonyException($"{path}:{e.Start.Line}:{e.Start.Column}: {e.Message}", e);
        }
        catch (System.Text.DecoderFallbackException e)
        {
            throw new CeremonyException($"{path} is not text in UTF-8.", e);
        }
    }

    /// <summary>A text that must be there and filled in.</summary>
    public string Text(string name) => OptionalText(name) ?? throw new CeremonyException($"{_path}:{_map.Start.Line}:{_map.Start.Column}: '{name}' is missing.");

    /// <summary>A text; null when it is not there, or <c>null</c>.</summary>
    public string? OptionalText(string name) => Take(name) is { } node ? Scalar(node, name) : null;

    /// <summary>A whole number; null when it is not there.</summary>
    public uint? Number(string name)
    {
        if (Take(name) is not { } node || Scalar(node, name) is not { } text)
            return null;
        return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? number : throw Refuse(node, $"'{name}' is a whole number");
    }

    /// <summary>Yes or no; null when it is not there.</summary>
    public bool? Flag(string name)
    {
        if (Take(name) is not { } node || Scalar(node, name) is not { } text)
            return null;
        return text switch { "true" => true, "false" => false, _ => throw Refuse(node, $"'{name}' is true or false") };
    }

    /// <summary>A list of texts; empty when it is not there.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        if (Take(name) is not { } node)
            return [];
        return node is YamlSequenceNode list
            ? [.. list.Select(item => Scalar(item, name) ?? throw Refuse(item, $"an entry of '{name}' is empty"))]
            : throw Refuse(node, $"'{name}' is a list");
    }

    /// <summary>A mapping of names to texts; empty when it is not there.</summary>
    public IReadOnlyList<(string Name, string Value)> Pairs(string name)
    {
        if (Take(name) is not { } node)
            return [];
        return node is YamlMappingNode map
            ? [.. map.Select(pair => (Scalar(pair.Key, name) ?? throw Refuse(pair.Key, $"a name in '{name}' is empty"), pair.Value is YamlScalarNode value ? value.Value ?? "" : throw Refuse(pair.Value, $"a value in '{name}' is not a text")))]
            : throw Refuse(node, $"'{name}' is a mapping of names to values");
    }

    /// <summary>A mapping of its own; null when it is not there.</summary>
    public FleetFile? Part(string name) => Take(name) switch
    {
        null => null,
        YamlMappingNode map => new FleetFile(_path, map),
        { } node => throw Refuse(node, $"'{name}' is a mapping"),
    };

    /// <summary>A list of mappings; empty when it is not there.</summary>
    public IReadOnlyList<FleetFile> Parts(string name)
    {
        if (Take(name) is not { } node)
            return [];
        return node is YamlSequenceNode list
            ? [.. list.Select(item => item is YamlMappingNode map ? new FleetFile(_path, map) : throw Refuse(item, $"an entry of '{name}' is a mapping"))]
            : throw Refuse(node, $"'{name}' is a list");
    }

    /// <summary>Refuses what was not read.</summary>
    public void End()
    {
        foreach (YamlNode key in _map.Children.Keys)
        {
            string name = key is YamlScalarNode scalar ? scalar.Value ?? "" : "";
            if (_read.Contains(name))
                continue;
            string near = Spelling.Nearest(name, _read) is { } similar ? $" Did you mean '{similar}'?" : "";
            throw Refuse(key, $"'{VisibleText.Escape(name)}' is not known here.{near}");
        }
    }

    private YamlNode? Take(string name)
    {
        _read.Add(name);
        return _map.Children.TryGetValue(new YamlScalarNode(name), out YamlNode? node) && !IsNull(node) ? node : null;
    }

    private string? Scalar(YamlNode node, string name)
    {
        if (node is not YamlScalarNode scalar)
            throw Refuse(node, $"'{name}' is one value");
        if (scalar.Value?.StartsWith("<FILL_IN", StringComparison.Ordinal) == true || scalar.Value?.StartsWith("<REMOVE_ME", StringComparison.Ordinal) == true)
            throw Refuse(node, $"'{name}' is still to be filled in");
        return string.IsNullOrEmpty(scalar.Value) ? null : scalar.Value;
    }

    private static bool IsNull(YamlNode node) => node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "null" or "~" };

    private CeremonyException Refuse(YamlNode node, string what) => new($"{_path}:{node.Start.Line}:{node.Start.Column}: {what}{(what.EndsWith('?') ? "" : ".")}");

    private sealed class Bounded(IParser inner, string path) : IParser
    {
        // Four times as deep as any file is.
        private const int MaxDepth = 16;
        private int _depth;

        public YamlDotNet.Core.Events.ParsingEvent? Current => inner.Current;

        public bool MoveNext()
        {
            bool more = inner.MoveNext();
            if (more && (_depth += inner.Current!.NestingIncrease) > MaxDepth + 2)
                throw new CeremonyException($"{path}:{inner.Current.Start.Line}:{inner.Current.Start.Column}: more than {MaxDepth} lists and mappings in one another are not read.");
            return inner.Current is YamlDotNet.Core.Events.AnchorAlias alias
                ? throw new CeremonyException($"{path}:{alias.Start.Line}:{alias.Start.Column}: write the value itself: aliases are not read.")
                : more;
        }
    }
}
