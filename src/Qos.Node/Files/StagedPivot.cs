namespace Qos.Node;

/// <summary>A pivot that has arrived completely, is hashed, and waits in a hidden file for its manifest to be accepted.</summary>
/// <remarks>Disposing one that was not published discards its bytes.</remarks>
public abstract class StagedPivot : IStagedFile
{
    /// <summary>Describes a staged pivot.</summary>
    /// <param name="sha256">SHA-256 over its bytes, 32 bytes.</param>
    /// <param name="length">How many bytes it has.</param>
    protected StagedPivot(ReadOnlyMemory<byte> sha256, long length)
    {
        Sha256 = sha256;
        Length = length;
    }

    /// <summary>SHA-256 over the bytes, 32 bytes.</summary>
    public ReadOnlyMemory<byte> Sha256 { get; }

    /// <summary>How many bytes the pivot has.</summary>
    public long Length { get; }

    /// <summary>Publishes the bytes as <c>qos.pivot.bin</c>, executable and read-only.</summary>
    /// <exception cref="NodeFileException">The name is taken already, or the folder cannot be changed.</exception>
    public abstract void Publish();

    /// <summary>Discards the bytes unless they were published.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Discards the bytes unless they were published.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
