using System.Net;

namespace Qos.Runtime;

/// <summary>The manifest's name servers, where a C library looks for them. Format: docs/protocol/manifest.md, V2 (<c>dns</c>).</summary>
internal static class ResolverFile
{
    private const UnixFileMode ForAll = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode OwnFile = ForAll | UnixFileMode.UserWrite;
    private const UnixFileMode OwnFolder = OwnFile | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Writes them, one a line in the manifest's order; none makes an empty file.</summary>
    /// <param name="path">The file; its folder is made when it is missing.</param>
    /// <param name="resolvers">The name servers.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write(string path, IReadOnlyList<IPAddress> resolvers) =>
        Write(path, string.Concat(resolvers.Select(static address => $"nameserver {address}\n")));

    /// <summary>Writes a file that every program may read; its folder is made when it is missing.</summary>
    internal static void Write(string path, string text)
    {
        string folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            File.SetUnixFileMode(folder, OwnFolder);
        }

        // The process makes files that only their owner reads; an app may have given up that owner's rights.
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, OwnFile);
    }
}
