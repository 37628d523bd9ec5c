using Qos.Protocol;

namespace Qos.Node;

/// <summary>One of the files in the enclave: its name, its mode, and the errors it stands for. Format: docs/protocol/messages.md, Files in the enclave.</summary>
internal sealed record NodeFile(string Name, UnixFileMode Mode, ProtocolErrorCode CannotPut, ProtocolErrorCode Missing)
{
    private const UnixFileMode OwnerReads = UnixFileMode.UserRead;
    private const UnixFileMode OwnerRuns = UnixFileMode.UserRead | UnixFileMode.UserExecute;
    private const UnixFileMode AllRead = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    internal static readonly NodeFile Manifest = new(
        EnclaveFileNames.Manifest, AllRead, ProtocolErrorCode.FailedToPutManifestEnvelope, ProtocolErrorCode.FailedToGetManifestEnvelope);

    internal static readonly NodeFile Pivot = new(
        EnclaveFileNames.Pivot, OwnerRuns, ProtocolErrorCode.FailedToPutPivot, ProtocolErrorCode.FailedToPutPivot);

    internal static readonly NodeFile EphemeralKey = new(
        EnclaveFileNames.EphemeralKey, OwnerReads, ProtocolErrorCode.FailedToPutEphemeralKey, ProtocolErrorCode.CannotRotateNonExistentEphemeralKey);

    internal static readonly NodeFile QuorumKey = new(
        EnclaveFileNames.QuorumKey, OwnerReads, ProtocolErrorCode.FailedToPutQuorumKey, ProtocolErrorCode.FailedToPutQuorumKey);

    internal static IReadOnlyList<NodeFile> All { get; } = [Manifest, Pivot, EphemeralKey, QuorumKey];

    /// <summary>Every name that a node makes for the file: its own and the hidden ones.</summary>
    internal IEnumerable<string> AllNames => Enumerable.Range(0, this == Pivot ? PivotPlaces.Count : 1).Select(HiddenNameOf).Prepend(Name);

    /// <summary>The hidden name while the file is staged; several pivots may be at the same time.</summary>
    internal string HiddenNameOf(int place) => place == 0 ? $".{Name}.new" : $".{Name}.{place}.new";
}
