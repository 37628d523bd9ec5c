namespace Qos.Node;

/// <summary>Takes a pivot's bytes as they arrive: hashes them and writes them to a hidden file, so that none of them stay in memory.</summary>
/// <remarks>Disposing a stage that was not completed removes the hidden file: a peer that vanishes mid-message costs nothing.</remarks>
public interface IPivotStage : IDisposable
{
    /// <summary>Appends bytes to the staged pivot.</summary>
    /// <exception cref="NodeFileException">The disk is full, the file cannot be written, or the pivot is longer than a message may be.</exception>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Ends the pivot; what it returns owns the hidden file from here on.</summary>
    StagedPivot Complete();
}
