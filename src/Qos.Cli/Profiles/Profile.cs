using System.Globalization;
using System.Text;
using Qos.Client;
using Qos.Protocol;
using Qos.Verify;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Qos.Cli;

/// <summary>
/// What a member holds for a ceremony, in a file: <c>qos.yaml</c>, a mapping of the options' names to their values. Files are named relative to
/// its folder. It pins what is compared, so nobody else may be able to write it.
/// </summary>
internal sealed class Profile
{
    /// <summary>The file's name; it is looked for from the working directory upwards.</summary>
    public const string FileName = "qos.yaml";

    private const int MaxBytes = 64 * 1024;

    private readonly Dictionary<string, (string Value, string Place)> _values = new(StringComparer.Ordinal);

    private Profile(string? path)
    {
        FilePath = path;
        Folder = path is null ? "" : Path.GetRelativePath(Environment.CurrentDirectory, Path.GetDirectoryName(Path.GetFullPath(path))!);
        if (Folder == ".")
            Folder = "";
    }

    /// <summary>The file; null when there is none.</summary>
    public string? FilePath { get; }

    /// <summary>The folder that its files are named from, relative to the working directory where that is shorter.</summary>
    public string Folder { get; }

    /// <summary>The profile that was named, else the nearest one upwards, else an empty one.</summary>
    /// <exception cref="CeremonyException">It cannot be read, or is something else.</exception>
    public static Profile Find(string? named)
    {
        if (named is not null)
            return Read(named);
        for (string? folder = Environment.CurrentDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            string path = Path.Combine(folder, FileName);
            if (!File.Exists(path))
                continue;
            string near = Path.GetRelativePath(Environment.CurrentDirectory, path);
            InputFile.RequirePlain(near);
            return Read(near);
        }

        return new Profile(null);
    }

    /// <summary>The value of a setting and where it stands, as FILE:LINE:COLUMN.</summary>
    public bool TryGet(ProfileSetting setting, out (string Value, string Place) value) => _values.TryGetValue(setting.Name, out value);

    private static Profile Read(string path)
    {
        byte[] bytes = InputFile.Bytes(path);
        if (bytes.Length > MaxBytes)
            throw new CeremonyException($"{path}: {bytes.Length} bytes are too many for a profile; it has at most {MaxBytes}.");
        if (!KeySource.IsPipe(path) && !FileOwner.IsOnlyOwnersToWrite(path))
            throw new CeremonyException($"{path} can be written by others, and it says what is compared: chmod go-w it, or name another with --profile.");

        var profile = new Profile(path);
        try
        {
            profile.ReadEvents(new Parser(new StringReader(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes))));
        }
        catch (YamlException e)
        {
            throw new CeremonyException($"{Place(path, e.Start)}: {e.Message}", e);
        }
        catch (DecoderFallbackException e)
        {
            throw new CeremonyException($"{path} is not text in UTF-8.", e);
        }

        return profile;
    }

    // By events: a flat mapping of words is all there may be, and nothing is made of the file that it does not say.
    private void ReadEvents(Parser parser)
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
            return;
        parser.Consume<DocumentStart>();
        if (parser.Current is Scalar empty)
        {
            parser.MoveNext();
            if (empty.Value.Length > 0)
                throw Refuse(empty, "a profile is lines of \"name: value\"");
        }
        else
        {
            if (!parser.TryConsume<MappingStart>(out _))
                throw Refuse(parser.Current!, "a profile is lines of \"name: value\"");
            while (!parser.TryConsume<MappingEnd>(out _))
                ReadEntry(parser);
        }

        parser.Consume<DocumentEnd>();
        if (!parser.TryConsume<StreamEnd>(out _))
            throw Refuse(parser.Current!, "a profile is one document");
    }

    private void ReadEntry(Parser parser)
    {
        Scalar name = Word(parser, "a name");
        if (ProfileSetting.All.FirstOrDefault(setting => setting.Name == name.Value) is not { } setting)
        {
            string suggestion = Spelling.Nearest(name.Value, ProfileSetting.All.Select(static setting => setting.Name)) is { } near ? $" Did you mean '{near}'?" : "";
            throw Refuse(name, $"there is no setting '{VisibleText.Escape(name.Value)}'.{suggestion}");
        }

        Scalar value = Word(parser, $"one value of '{setting.Name}'");
        if (value.Value.Length == 0)
            throw Refuse(value, $"'{setting.Name}' has no value; take the line away, or give it one");
        if (setting.Complain?.Invoke(value.Value) is { } complaint)
            throw Refuse(value, $"'{setting.Name}' {complaint}");
        if (!_values.TryAdd(setting.Name, (setting.Below(Folder, value.Value), Place(FilePath!, value.Start))))
            throw Refuse(name, $"'{setting.Name}' is there twice");
    }

    private Scalar Word(Parser parser, string what)
    {
        if (parser.Current is not Scalar scalar || !scalar.Anchor.IsEmpty || !scalar.Tag.IsEmpty)
            throw Refuse(parser.Current!, $"{what} should stand here, as plain text");
        parser.MoveNext();
        return scalar;
    }

    private CeremonyException Refuse(ParsingEvent at, string what) => new($"{Place(FilePath!, at.Start)}: {what}");

    private static string Place(string path, Mark at) => string.Create(CultureInfo.InvariantCulture, $"{path}:{at.Line}:{at.Column}");
}
