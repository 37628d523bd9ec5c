namespace Qos.Architecture.Tests;

/// <summary>The repository's folder and the files in it that people wrote.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Read(params string[] parts) => File.ReadAllText(Path.Combine([Root, .. parts]));

    /// <summary>The files below a folder, as paths relative to the repository, without what builds leave behind.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Select(static file => Path.GetRelativePath(Root, file))
            .Where(static file => !file.Split('/').Any(static part => part is "bin" or "obj" or "TestResults"))
            .Order(StringComparer.Ordinal);

    /// <summary>All C# files of the rooms and their tests.</summary>
    public static IEnumerable<string> Sources() => Files("src", "*.cs").Concat(Files("tests", "*.cs"));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Qos.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No folder with Qos.sln above {AppContext.BaseDirectory}.");
    }
}
