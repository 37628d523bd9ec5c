using System.Xml.Linq;

namespace Qos.Architecture.Tests;

/// <summary>A project of <c>src/</c>: its name, its folder, the rooms and packages that its project file names.</summary>
internal sealed record Room(string Name, string Folder, IReadOnlyList<string> References, IReadOnlyList<string> Packages)
{
    /// <summary>All rooms by name.</summary>
    public static IReadOnlyDictionary<string, Room> All { get; } = Repository.Files("src", "*.csproj")
        .Select(Load)
        .ToDictionary(static room => room.Name, StringComparer.Ordinal);

    /// <summary>This room and every room below it, by the project files.</summary>
    public IReadOnlySet<string> Reachable()
    {
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        Visit(this);
        return seen;

        void Visit(Room room)
        {
            if (!seen.Add(room.Name))
                return;
            foreach (string name in room.References)
                Visit(All[name]);
        }
    }

    private static Room Load(string file)
    {
        var project = XDocument.Parse(Repository.Read(file));
        return new Room(
            Path.GetFileNameWithoutExtension(file),
            Path.GetDirectoryName(file)!,
            [.. Includes("ProjectReference").Select(static path => Path.GetFileNameWithoutExtension(path))],
            [.. Includes("PackageReference")]);

        IEnumerable<string> Includes(string element) =>
            project.Descendants(element).Select(static item => (string)item.Attribute("Include")!);
    }
}
