namespace Qos.Local;

/// <summary>Finds our other programs: beside this one, as a build or a package leaves them, or by PATH.</summary>
public static class ProgramFinder
{
    /// <summary>The path of a program.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="self">This program's own path, links resolved.</param>
    /// <param name="search">Folders as PATH has them; null for none.</param>
    /// <exception cref="FileNotFoundException">It is nowhere; the message says where it was looked for.</exception>
    public static string Find(string name, string? self, string? search)
    {
        string folder = Path.GetDirectoryName(self) ?? "/";
        string[] places =
        [
            Path.Combine(folder, name),

            // Each program of a build is in a folder of its own.
            Path.GetFullPath(Path.Combine(folder, "..", name, name)),
            .. (search ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Where(Path.IsPathRooted).Select(place => Path.Combine(place, name)),
        ];
        return places.FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"{name} is neither beside qos ({folder}) nor in PATH: build it with make, or install it", name);
    }
}
