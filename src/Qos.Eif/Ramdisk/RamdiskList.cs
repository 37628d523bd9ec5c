using System.Globalization;

namespace Qos.Eif;

/// <summary>
/// What a ramdisk holds, declared line by line; the forms are those of the kernel's <c>gen_init_cpio</c>. Empty lines and lines that
/// begin with # say nothing. Every folder is declared, and nothing twice.
/// </summary>
public sealed class RamdiskList
{
    private const int MaxEntries = 100_000;

    // Nobody in an enclave changes users, so no file there may change them for him.
    private const int AllowedMode = 0x3ff;

    private RamdiskList(IReadOnlyList<RamdiskEntry> entries) => Entries = entries;

    /// <summary>The entries sorted by the bytes of their paths, so that a folder comes before what it holds.</summary>
    public IReadOnlyList<RamdiskEntry> Entries { get; }

    /// <summary>Reads a list.</summary>
    /// <param name="text">Its lines.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <exception cref="RamdiskException">A line is malformed, a path is not allowed, is there twice or has no folder.</exception>
    public static RamdiskList Parse(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        var entries = new SortedDictionary<string, (RamdiskEntry Entry, int Line)>(StringComparer.Ordinal);
        int number = 0;
        foreach (string raw in text.Split('\n'))
        {
            number++;
            string line = raw.Trim(' ', '\t');
            if (line.Length == 0 || line[0] == '#')
                continue;

            var parser = new LineParser(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries), $"{name}, line {number}");
            RamdiskEntry entry = parser.Parse();
            if (!entries.TryAdd(entry.Path, (entry, number)))
                throw parser.Error($"{entry.Path} is there already, in line {entries[entry.Path].Line}");
            if (entries.Count > MaxEntries)
                throw parser.Error($"there are more than {MaxEntries} entries");
        }

        foreach ((RamdiskEntry entry, int line) in entries.Values)
            RequireParent(entries, entry, $"{name}, line {line}");
        return new RamdiskList([.. entries.Values.Select(static value => value.Entry)]);
    }

    private static void RequireParent(SortedDictionary<string, (RamdiskEntry Entry, int Line)> entries, RamdiskEntry entry, string place)
    {
        string parent = RamdiskPath.ParentOf(entry.Path);
        if (parent.Length == 0)
            return;
        if (!entries.TryGetValue(parent, out (RamdiskEntry Entry, int Line) found))
            throw new RamdiskException($"{place}: {entry.Path} lies in {parent}, which no line declares; add \"dir {parent} 0755 0 0\".");
        if (found.Entry is not RamdiskEntry.Folder)
            throw new RamdiskException($"{place}: {entry.Path} lies in {parent}, which line {found.Line} declares as something else than a folder.");
    }

    private sealed class LineParser(string[] words, string place)
    {
        public RamdiskException Error(string what) => new($"{place}: {what}{(what.EndsWith('.') ? "" : ".")}");

        public RamdiskEntry Parse()
        {
            if (words[^1].EndsWith('\r'))
                throw Error("the line ends with a carriage return; lines of a list end with a line feed alone");
            switch (words[0])
            {
                case "dir":
                    Require(5, "dir PATH MODE UID GID");
                    return new RamdiskEntry.Folder(Path(), Mode(2), Id(3), Id(4));
                case "file":
                    Require(6, "file PATH SOURCE MODE UID GID");
                    if (!RamdiskPath.IsRelative(words[2]))
                        throw Error($"the source {Shown(words[2])} is not allowed: it is a path below the folder that --root names, and none of its names is . or ..");
                    return new RamdiskEntry.RegularFile(Path(), words[2], Mode(3), Id(4), Id(5));
                case "slink":
                    Require(6, "slink PATH TARGET MODE UID GID");
                    if (!RamdiskPath.IsAbsolute(words[2]) && !RamdiskPath.IsRelative(words[2]))
                        throw Error($"the target {Shown(words[2])} is not allowed: it is a path in which no name is . or ..");
                    return new RamdiskEntry.SymbolicLink(Path(), words[2], Mode(3), Id(4), Id(5));
                case "nod":
                    Require(8, "nod PATH MODE UID GID c|b MAJOR MINOR");
                    if (words[5] is not ("c" or "b"))
                        throw Error($"{Shown(words[5])} is not a kind of device: c or b");
                    return new RamdiskEntry.Device(
                        Path(), words[5] == "b", Number(6, 4095, "major number"), Number(7, 1048575, "minor number"), Mode(2), Id(3), Id(4));
                default:
                    throw Error($"{Shown(words[0])} is not known; a line begins with dir, file, slink or nod");
            }
        }

        private static string Shown(string word) =>
            "\"" + string.Concat(word.Take(80).Select(static c => c is >= ' ' and <= '~' ? c : '?')) + "\"";

        private void Require(int count, string form)
        {
            if (words.Length != count)
                throw Error($"there are {words.Length} words; the form is {form}");
        }

        private string Path() => RamdiskPath.IsAbsolute(words[1])
            ? words[1]
            : throw Error($"the path {Shown(words[1])} is not allowed: {RamdiskPath.Rule}");

        private int Mode(int index)
        {
            string word = words[index];
            int mode = 0;
            foreach (char digit in word)
                mode = digit is >= '0' and <= '7' && mode <= AllowedMode ? (mode * 8) + (digit - '0') : int.MaxValue;
            return word.Length is > 0 and <= 5 && mode <= AllowedMode
                ? mode
                : throw Error($"{Shown(word)} is not a mode: octal digits up to 1777");
        }

        private int Id(int index) => Number(index, ushort.MaxValue, "user or group number");

        private int Number(int index, int most, string what) =>
            int.TryParse(words[index], NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value <= most
                ? value
                : throw Error($"{Shown(words[index])} cannot be the {what}: 0 to {most}");
    }
}
