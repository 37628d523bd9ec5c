namespace Qos.Cli.Tests;

/// <summary>Files that say what must come out. <c>QOS_UPDATE_GOLDEN=1</c> writes them anew; then read the difference before you keep it.</summary>
internal static class Golden
{
    public static string Root { get; } = FindRoot();

    public static void Check(string path, string actual)
    {
        string full = Path.Combine(Root, path);
        if (Environment.GetEnvironmentVariable("QOS_UPDATE_GOLDEN") == "1")
            File.WriteAllText(full, actual);
        string expected = File.Exists(full) ? File.ReadAllText(full) : "";
        Assert.True(expected == actual, $"{path} differs; QOS_UPDATE_GOLDEN=1 writes it anew. What came out:\n{actual}");
    }

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
