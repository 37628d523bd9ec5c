namespace Qos.Node;

/// <summary>The files of a node that ended. No later one can go on from them: its keys belong to a module that was reset since.</summary>
public static class NodeLeftovers
{
    /// <summary>Removes them, and gives the names of those that were there. Only for a folder that no running node uses.</summary>
    /// <exception cref="IOException">The folder does not exist.</exception>
    public static IReadOnlyList<string> Remove(string directory)
    {
        using var folder = new NodeFolder(directory);
        string[] found = [.. NodeFile.All.SelectMany(file => (string[])[file.Name, file.HiddenName]).Where(folder.Holds)];
        foreach (string name in found)
            folder.Remove(name);
        return found;
    }
}
