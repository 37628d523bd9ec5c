namespace Qos.Node;

/// <summary>
/// The files through which the node hands its manifest, pivot and keys to the pivot; one of the node's two seams (the other is NSM).
/// Specification: protocol, Files in the enclave.
/// </summary>
/// <remarks>
/// Every file appears by a rename, so a reader never sees half of one, and never twice: a Put of a file that exists already throws
/// <see cref="IOException"/>, as does a full disk or a read-only folder. A failed call leaves nothing behind under the file's own name.
/// </remarks>
public interface INodeFiles
{
    /// <summary>Opens a hidden file that receives a pivot while it arrives.</summary>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    IPivotStage StagePivot();

    /// <summary>Writes the setup key set's seed (32 bytes, stored as hex, mode 0400) as <c>qos.ephemeral.key</c>.</summary>
    void PutEphemeralKey(ReadOnlySpan<byte> seed);

    /// <summary>Replaces <c>qos.ephemeral.key</c>, the one file that is ever replaced, by the live key set's seed.</summary>
    void RotateEphemeralKey(ReadOnlySpan<byte> seed);

    /// <summary>Publishes a staged pivot as <c>qos.pivot.bin</c>, executable and read-only; the stage is used up.</summary>
    void PutPivot(StagedPivot pivot);

    /// <summary>Writes the envelope in its storage form as <c>qos.manifest</c>, mode 0444.</summary>
    void PutManifestEnvelope(ReadOnlySpan<byte> envelope);

    /// <summary>Replaces <c>qos.manifest</c> by the same envelope with more share set approvals.</summary>
    void ReplaceManifestEnvelope(ReadOnlySpan<byte> envelope);

    /// <summary>Writes the quorum key set's seed as <c>qos.quorum.key</c>; written last, because it is what starts the pivot.</summary>
    void PutQuorumKey(ReadOnlySpan<byte> seed);

    /// <summary>The absolute path at which the pivot is published.</summary>
    string PivotPath { get; }
}
