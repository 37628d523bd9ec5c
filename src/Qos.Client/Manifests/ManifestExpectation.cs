using Qos.Keys;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>What a member knows from sources of their own and wants to find in a manifest before approving it.</summary>
public sealed record ManifestExpectation
{
    /// <summary>Who approves.</summary>
    public required MemberSet ManifestSet { get; init; }

    /// <summary>Who holds shares.</summary>
    public required MemberSet ShareSet { get; init; }

    /// <summary>V1's and V0's patch set; null for V2.</summary>
    public required PatchSet? PatchSet { get; init; }

    /// <summary>The enclave's measurements and root.</summary>
    public required EnclaveConfig Enclave { get; init; }

    /// <summary>SHA-256 of the binary.</summary>
    public required ReadOnlyMemory<byte> PivotHash { get; init; }

    /// <summary>The quorum key, from the genesis.</summary>
    public required PublicKey QuorumKey { get; init; }

    /// <summary>The first thing in which a manifest differs, or null.</summary>
    public string? FirstDifference(Manifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        if (!IsSame(manifest.ManifestSet, ManifestSet))
            return "Manifest Set composition does not match";
        if (!IsSame(manifest.ShareSet, ShareSet))
            return "Share Set composition does not match";
        if (!Same(manifest.PatchSet, PatchSet))
            return "Patch Set composition does not match";
        if (!Same(manifest.Enclave, Enclave))
            return "Nitro configuration does not match";
        if (!manifest.Pivot.Hash.Span.SequenceEqual(PivotHash.Span))
            return "Pivot hash does not match";
        return manifest.Namespace.QuorumKey.Span.SequenceEqual(QuorumKey.Bytes) ? null : "Quorum public key does not match";
    }

    /// <summary>Whether two sets have the same threshold and the same members in the same order.</summary>
    public static bool IsSame(MemberSet left, MemberSet right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return left.Threshold == right.Threshold && left.Members.SequenceEqual(right.Members);
    }

    private static bool Same(PatchSet? left, PatchSet? right) => left is null || right is null
        ? left is null && right is null
        : left.Threshold == right.Threshold
            && left.Members.Count == right.Members.Count
            && left.Members.Zip(right.Members).All(static pair => pair.First.Span.SequenceEqual(pair.Second.Span));

    // The commit is free text that nothing proves, but what was approved must be all that was expected.
    private static bool Same(EnclaveConfig left, EnclaveConfig right) =>
        left.Pcr0.Span.SequenceEqual(right.Pcr0.Span)
        && left.Pcr1.Span.SequenceEqual(right.Pcr1.Span)
        && left.Pcr2.Span.SequenceEqual(right.Pcr2.Span)
        && left.Pcr3.Span.SequenceEqual(right.Pcr3.Span)
        && left.AwsRootCertificate.Span.SequenceEqual(right.AwsRootCertificate.Span)
        && left.QosCommit == right.QosCommit;
}
