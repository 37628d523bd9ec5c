using Qos.Keys;

namespace Qos.Node;

/// <summary>
/// The files through which the node hands its manifest, pivot and keys to the pivot; one of the node's seams (the others are NSM and the random source).
/// Format: docs/protocol/messages.md, Files in the enclave.
/// </summary>
/// <remarks>
/// Every file is staged first and appears by a rename, so a reader never sees half of one. None appears twice; only the ephemeral key
/// is replaced, once, and the manifest envelope by one with more share set approvals, before the pivot is started. Every failure (a full
/// disk, a read-only folder, a name that is taken) is a <see cref="NodeFileException"/> and leaves nothing half-written behind.
/// </remarks>
internal interface INodeFiles
{
    /// <summary>The absolute path at which the pivot is published.</summary>
    string PivotPath { get; }

    /// <summary>Opens a hidden file that receives a pivot while it arrives; one at a time for each place.</summary>
    /// <param name="place">Which of the hidden files, from 0 to <see cref="PivotPlaces.Count"/> - 1.</param>
    /// <exception cref="NodeFileException">The folder cannot be written to, or another pivot is being staged there.</exception>
    IPivotStage StagePivot(int place = 0);

    /// <summary>Stages <c>qos.ephemeral.key</c>: the setup key set's seed (32 bytes, stored as hex).</summary>
    IStagedFile StageEphemeralKey(ReadOnlySpan<byte> seed);

    /// <summary>Stages the replacement of <c>qos.ephemeral.key</c> by the live key set's seed; refused when it does not exist.</summary>
    IStagedFile StageEphemeralKeyRotation(ReadOnlySpan<byte> seed);

    /// <summary>Stages <c>qos.manifest</c>: the envelope in its storage form.</summary>
    IStagedFile StageManifestEnvelope(ReadOnlySpan<byte> envelope);

    /// <summary>Stages the replacement of <c>qos.manifest</c> by the same envelope with more share set approvals.</summary>
    IStagedFile StageManifestEnvelopeReplacement(ReadOnlySpan<byte> envelope);

    /// <summary>Stages <c>qos.quorum.key</c>; published last, because that file is what starts the pivot.</summary>
    IStagedFile StageQuorumKey(ReadOnlySpan<byte> seed);

    /// <summary>Reads the seed back from <c>qos.quorum.key</c>, into secret memory of 32 bytes.</summary>
    /// <exception cref="NodeFileException">The file is missing or is not 64 hex characters.</exception>
    SecretMemory ReadQuorumKey();
}
