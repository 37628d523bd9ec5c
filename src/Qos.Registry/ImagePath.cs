namespace Qos.Registry;

/// <summary>Paths inside an image: no slash in front, no empty part, no dots. Nothing leads out of the image's root.</summary>
internal static class ImagePath
{
    private const int MaxLength = 4096;

    /// <summary>The one form of an entry's path; null when it has a <c>..</c> and so is not to be followed.</summary>
    public static string? Normalize(string path)
    {
        if (path.Length > MaxLength)
            return null;
        var parts = new List<string>();
        foreach (string part in path.Split('/'))
        {
            if (part == "..")
                return null;
            if (part is not ("" or "."))
                parts.Add(part);
        }

        return string.Join('/', parts);
    }

    /// <summary>Where a symbolic link leads, as the kernel has it below a root: <c>..</c> at the root stays there.</summary>
    /// <param name="link">The link's own path.</param>
    /// <param name="target">What it names.</param>
    /// <param name="rest">What follows the link in the path that was looked for.</param>
    public static string Follow(string link, string target, string rest)
    {
        var parts = new List<string>();
        if (!target.StartsWith('/'))
            parts.AddRange(link.Split('/')[..^1]);
        foreach (string part in target.Split('/').Concat(rest.Split('/')))
        {
            if (part == ".." && parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
            else if (part is not ("" or "." or ".."))
                parts.Add(part);
        }

        return string.Join('/', parts);
    }
}
