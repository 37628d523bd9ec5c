using Qos.Keys;
using Qos.Protocol;
using Qos.Serialization;

namespace Qos.Node;

/// <summary>The node's files in a folder: <c>/</c> in the enclave, any folder locally. Format: docs/protocol/messages.md, Files in the enclave.</summary>
/// <remarks>
/// The manifest is readable by all, the pivot is executable and the keys are readable by their owner only; none can be written. The
/// folder is held open, and hidden names are created exclusively, so neither a link nor a swapped path leads elsewhere.
/// </remarks>
public sealed class NodeFiles : INodeFiles, IDisposable
{
    private const int SeedLength = 32;

    private readonly NodeFolder _folder;
    private bool _isEphemeralKeyRotated;

    /// <summary>Takes a folder into use.</summary>
    /// <param name="directory">An existing folder that holds no node's files yet.</param>
    /// <exception cref="IOException">It does not exist, cannot be written to, or files of another node are in it.</exception>
    public NodeFiles(string directory)
    {
        _folder = new NodeFolder(directory);
        if (Describe(_folder) is not { } wrong)
            return;
        _folder.Dispose();
        throw new NodeFileException(ProtocolErrorCode.CannotModifyPostPivotStatic, wrong);
    }

    /// <inheritdoc/>
    public string PivotPath => Path.Combine(_folder.Path, NodeFile.Pivot.Name);

    /// <inheritdoc/>
    IPivotStage INodeFiles.StagePivot(int place) => StagePivot(place);

    /// <inheritdoc/>
    IStagedFile INodeFiles.StageEphemeralKey(ReadOnlySpan<byte> seed) => StageSeed(new HiddenFile(_folder, NodeFile.EphemeralKey, false), seed);

    /// <inheritdoc/>
    IStagedFile INodeFiles.StageEphemeralKeyRotation(ReadOnlySpan<byte> seed)
    {
        if (_isEphemeralKeyRotated)
            throw new NodeFileException(ProtocolErrorCode.CannotModifyPostPivotStatic, "The ephemeral key was replaced already.");
        var file = new HiddenFile(_folder, NodeFile.EphemeralKey, replaces: true) { Published = () => _isEphemeralKeyRotated = true };
        return StageSeed(file, seed);
    }

    /// <inheritdoc/>
    IStagedFile INodeFiles.StageManifestEnvelope(ReadOnlySpan<byte> envelope) =>
        Stage(new HiddenFile(_folder, NodeFile.Manifest, replaces: false), envelope);

    /// <inheritdoc/>
    IStagedFile INodeFiles.StageManifestEnvelopeReplacement(ReadOnlySpan<byte> envelope) =>
        Stage(new HiddenFile(_folder, NodeFile.Manifest, replaces: true), envelope);

    /// <inheritdoc/>
    IStagedFile INodeFiles.StageQuorumKey(ReadOnlySpan<byte> seed) => StageSeed(new HiddenFile(_folder, NodeFile.QuorumKey, false), seed);

    /// <inheritdoc/>
    SecretMemory INodeFiles.ReadQuorumKey()
    {
        SecretMemory? seed = null;
        try
        {
            // One byte more than the digits: a longer file is not one that was written here.
            using SecretMemory digits = SecretMemory.Allocate((2 * SeedLength) + 1);
            using (var handle = _folder.OpenRead(NodeFile.QuorumKey.Name))
            {
                if (RandomAccess.Read(handle, digits.Span, 0) != 2 * SeedLength)
                    throw new IOException("it is not 64 hex characters");
            }

            seed = SecretMemory.Allocate(SeedLength);
            Hex.DecodeSecret(digits.Span[..(2 * SeedLength)], seed.Span);
            return seed;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or EncodingException)
        {
            seed?.Dispose();
            throw new NodeFileException(
                ProtocolError.WithKeyError(ProtocolErrorCode.FailedToGetQuorumKey, KeyError.FailedToReadSecret),
                $"{_folder.Path}/{NodeFile.QuorumKey.Name} cannot be read: {exception.Message}",
                exception);
        }
    }

    internal PivotStage StagePivot(int place = 0) => new(new HiddenFile(_folder, NodeFile.Pivot, replaces: false, place));

    /// <summary>
    /// Removes the files of a node that ended, and gives the names of those that were there. No later node can go on from them: its keys
    /// belong to a module that was reset since. Only for a folder that no running node uses.
    /// </summary>
    /// <exception cref="IOException">The folder does not exist.</exception>
    public static IReadOnlyList<string> RemoveStale(string directory)
    {
        using var folder = new NodeFolder(directory);
        string[] found = [.. NodeFile.All.SelectMany(static file => file.AllNames).Where(folder.Holds)];
        foreach (string name in found)
            folder.Remove(name);
        return found;
    }

    /// <summary>The paths of a node's files, in the folder of its pivot.</summary>
    /// <param name="pivotPath">As <see cref="PivotPath"/> gives it.</param>
    public static IReadOnlyList<string> PathsBeside(string pivotPath) =>
        [.. NodeFile.All.Select(file => Path.Combine(Path.GetDirectoryName(pivotPath) ?? "/", file.Name))];

    /// <summary>Removes the key files: for a node that ends on a machine, where they would stay behind.</summary>
    public void RemoveKeys()
    {
        foreach (string name in NodeFile.QuorumKey.AllNames.Concat(NodeFile.EphemeralKey.AllNames))
            _folder.Remove(name);
    }

    /// <summary>Lets go of the folder.</summary>
    public void Dispose() => _folder.Dispose();

    /// <summary>Why a node cannot begin in the folder, or null.</summary>
    private static string? Describe(NodeFolder folder)
    {
        if (!folder.IsWritable)
            return $"{folder.Path} cannot be written to: name another folder, or make it writable.";
        foreach (NodeFile file in NodeFile.All)
        {
            foreach (string name in file.AllNames)
            {
                if (folder.Holds(name))
                    return $"{folder.Path} holds {name}, left by another node: name an empty folder, or remove it.";
            }
        }

        return null;
    }

    private static HiddenFile StageSeed(HiddenFile file, ReadOnlySpan<byte> seed)
    {
        using SecretMemory digits = SecretMemory.Allocate(2 * SeedLength);
        Hex.EncodeSecret(seed, digits.Span);
        return Stage(file, digits.Span);
    }

    private static HiddenFile Stage(HiddenFile file, ReadOnlySpan<byte> bytes)
    {
        try
        {
            file.Write(bytes);
            file.Seal();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
