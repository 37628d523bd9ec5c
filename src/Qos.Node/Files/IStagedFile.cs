namespace Qos.Node;

/// <summary>A file that lies complete under a hidden name and waits to appear under its own.</summary>
/// <remarks>
/// Everything that can fail for want of room happens while staging, so that a full disk is found before a step that cannot be taken
/// back; publishing is one rename. Disposing one that was not published removes it.
/// </remarks>
public interface IStagedFile : IDisposable
{
    /// <summary>Makes the file appear under its own name, by one rename.</summary>
    /// <exception cref="NodeFileException">The name is taken already, or the folder cannot be changed.</exception>
    void Publish();
}
