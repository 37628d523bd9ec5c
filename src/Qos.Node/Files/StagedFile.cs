namespace Qos.Node;

/// <summary>A file that lies complete under a hidden name and waits to appear under its own.</summary>
/// <remarks>
/// Everything that can fail for want of room happens while staging, so that a full disk is found before a step that cannot be taken
/// back; publishing is one rename. Disposing one that was not published removes it.
/// </remarks>
internal interface IStagedFile : IDisposable
{
    /// <summary>Makes the file appear under its own name, by one rename.</summary>
    /// <exception cref="NodeFileException">The name is taken already, or the folder cannot be changed.</exception>
    void Publish();
}

/// <summary>Takes a pivot's bytes as they arrive: hashes them and writes them to a hidden file, so that none of them stay in memory.</summary>
/// <remarks>Disposing a stage that was not completed removes the hidden file: a peer that vanishes mid-message costs nothing.</remarks>
internal interface IPivotStage : IDisposable
{
    /// <summary>Appends bytes to the staged pivot.</summary>
    /// <exception cref="NodeFileException">The disk is full, the file cannot be written, or the pivot is longer than a message may be.</exception>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Ends the pivot; what it returns owns the hidden file from here on.</summary>
    StagedPivot Complete();
}

/// <summary>A pivot that has arrived completely, is hashed, and waits in a hidden file for its manifest to be accepted.</summary>
/// <param name="file">The hidden file; owned, so disposing discards its bytes unless they were published.</param>
/// <param name="sha256">SHA-256 over the bytes, 32 bytes.</param>
internal sealed class StagedPivot(IStagedFile file, ReadOnlyMemory<byte> sha256) : IStagedFile
{
    /// <summary>SHA-256 over the bytes, 32 bytes.</summary>
    public ReadOnlyMemory<byte> Sha256 { get; } = sha256;

    /// <summary>Publishes the bytes as <c>qos.pivot.bin</c>, executable and read-only.</summary>
    public void Publish() => file.Publish();

    /// <summary>Discards the bytes unless they were published.</summary>
    public void Dispose() => file.Dispose();
}
