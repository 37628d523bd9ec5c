namespace Qos.Vectors;

/// <summary>Finds the test vectors, which lie in <c>shared/vectors</c> beside the repository's folder.</summary>
public static class VectorFiles
{
    /// <summary>The folder that holds the vectors; <c>QOS_VECTORS</c> names another.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The path of one vector file, from its parts below <see cref="Root"/>.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>The bytes of one vector file.</summary>
    public static byte[] Bytes(params string[] parts) => File.ReadAllBytes(PathOf(parts));

    /// <summary>The text of one vector file.</summary>
    public static string Text(params string[] parts) => File.ReadAllText(PathOf(parts));

    private static string FindRoot()
    {
        if (Environment.GetEnvironmentVariable("QOS_VECTORS") is { Length: > 0 } named)
            return named;

        // The binaries lie somewhere below the repository, so the first folder upwards that has a sibling "shared/vectors" is it.
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "..", "shared", "vectors");
            if (File.Exists(Path.Combine(folder.FullName, "Qos.sln")) && Directory.Exists(candidate))
                return Path.GetFullPath(candidate);
        }

        throw new DirectoryNotFoundException(
            "The test vectors are missing: expected them in ../shared/vectors beside the repository, or where QOS_VECTORS says.");
    }
}
