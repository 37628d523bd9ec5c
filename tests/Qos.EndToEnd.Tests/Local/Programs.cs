namespace Qos.EndToEnd.Local;

/// <summary>Finds the published programs: what <c>make</c> leaves in <c>out/bin</c> of the repository that this assembly lies in.</summary>
public static class Programs
{
    private static readonly Lazy<string> s_folder = new(FindFolder);

    /// <summary>A program's path.</summary>
    /// <exception cref="FileNotFoundException">It was not built; the message says what to run.</exception>
    public static string Find(string name)
    {
        string path = Path.Combine(s_folder.Value, name);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing: run make in the repository's folder first.", path);
    }

    private static string FindFolder()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Qos.sln")))
                return Path.Combine(folder.FullName, "out", "bin");
        }

        throw new FileNotFoundException($"{AppContext.BaseDirectory} is not in the repository's folder, so its out/bin cannot be found.");
    }
}
