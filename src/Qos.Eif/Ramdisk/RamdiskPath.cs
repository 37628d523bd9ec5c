using System.Buffers;

namespace Qos.Eif;

/// <summary>Which paths a list may hold: one spelling for each place, and none that leads out of the tree.</summary>
internal static class RamdiskPath
{
    public const string Rule = "a path begins with one /, its names are 1 to 255 characters out of A-Z a-z 0-9 . _ + @ -, and none is . or ..";

    private const int MaxPath = 1023;
    private const int MaxName = 255;

    private static readonly SearchValues<char> s_nameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+@-");

    /// <summary>A path from the root that is not the root itself.</summary>
    public static bool IsAbsolute(string path) => path.StartsWith('/') && IsRelative(path[1..]);

    /// <summary>A path below some folder.</summary>
    public static bool IsRelative(string path) => path.Length <= MaxPath && path.Split('/').All(IsName);

    public static string ParentOf(string path) => path[..path.LastIndexOf('/')];

    private static bool IsName(string name) =>
        name.Length is > 0 and <= MaxName && name is not ("." or "..") && !name.AsSpan().ContainsAnyExcept(s_nameCharacters);
}
