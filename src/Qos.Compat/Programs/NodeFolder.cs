using Qos.Client;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary>
/// The folder of a node's files, whose names are fixed (format: docs/protocol/messages.md, Files in the enclave), for command lines that name each
/// file by itself: where they are not that folder's own files, links lead to them.
/// </summary>
/// <param name="Path">The folder.</param>
/// <param name="Links">From where to which file.</param>
internal sealed record NodeFolder(string Path, IReadOnlyDictionary<string, string> Links)
{
    /// <summary>The quorum key's file.</summary>
    public const string QuorumKey = EnclaveFileNames.QuorumKey;

    /// <summary>The binary's file.</summary>
    public const string Pivot = EnclaveFileNames.Pivot;

    /// <summary>The ephemeral key's file.</summary>
    public const string EphemeralKey = EnclaveFileNames.EphemeralKey;

    /// <summary>The manifest envelope's file.</summary>
    public const string Manifest = EnclaveFileNames.Manifest;

    private static readonly string[] s_names = [QuorumKey, Pivot, EphemeralKey, Manifest];
    private static readonly Dictionary<string, string> s_none = [];

    /// <summary>The folder for files that were asked for: theirs when they have the fixed names, else one beside the first of them.</summary>
    /// <param name="files">Paths by their fixed names; the root's own files when there is none.</param>
    /// <exception cref="FormatException">A path is none.</exception>
    public static NodeFolder For(IReadOnlyDictionary<string, string> files)
    {
        if (files.Count == 0)
            return new NodeFolder("/", s_none);
        if (files.Values.Any(static path => path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)))
            throw new FormatException("the path of a file of the node is empty or holds a zero byte");
        var asked = files.ToDictionary(static pair => pair.Key, static pair => System.IO.Path.GetFullPath(pair.Value), StringComparer.Ordinal);
        string first = s_names.Where(asked.ContainsKey).Select(name => asked[name]).First();
        string folder = System.IO.Path.GetDirectoryName(first)!;
        if (asked.All(pair => pair.Value == System.IO.Path.Combine(folder, pair.Key)))
            return new NodeFolder(folder, s_none);
        string own = first + ".node";
        return new NodeFolder(own, asked.ToDictionary(static pair => pair.Value, pair => System.IO.Path.Combine(own, pair.Key), StringComparer.Ordinal));
    }

    /// <summary>Makes the links, which lead nowhere until the node publishes the files, and folders for them, as the node makes its own.</summary>
    /// <exception cref="CeremonyException">Something else is in the way.</exception>
    public void Link()
    {
        foreach ((string from, string to) in Links)
        {
            var there = new FileInfo(from);
            if (there.LinkTarget == to)
                continue;

            // The binary is no secret and comes again with each boot; the reference replaces it. Of the others each may be the last copy.
            if (System.IO.Path.GetFileName(to) == Pivot && (there.Attributes & FileAttributes.Directory) == 0)
                there.Delete();
            else if (there.Exists || there.LinkTarget is not null)
                throw new CeremonyException($"{from} exists already: a node starts without files of another.");
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(from)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.CreateSymbolicLink(from, to);
        }
    }
}
