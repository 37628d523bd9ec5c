using Qos.Protocol;

namespace Qos.Verify;

/// <summary>
/// Whose deployment a proof must come from. Anyone can run a published image and binary under a quorum of their own; the quorum key, the
/// members of the manifest set or the manifest itself tell one deployment from another. Combine several with <see cref="And"/>: each kind
/// that is named must hold, and of several values of one kind one must match.
/// </summary>
public sealed class DeploymentIdentity
{
    private DeploymentIdentity()
    {
    }

    /// <summary>Gives the identity up: a deployment of any quorum is accepted, also a stranger's.</summary>
    public static DeploymentIdentity Anyone { get; } = new();

    internal IReadOnlyList<ReadOnlyMemory<byte>> QuorumKeys { get; private init; } = [];

    internal IReadOnlyList<MemberSet> ManifestSets { get; private init; } = [];

    internal IReadOnlyList<ReadOnlyMemory<byte>> ManifestHashes { get; private init; } = [];

    internal IReadOnlyList<ReadOnlyMemory<byte>> EphemeralKeys { get; private init; } = [];

    internal bool IsAnyone => ReferenceEquals(this, Anyone);

    internal bool NamesDeployment => QuorumKeys.Count + ManifestSets.Count + ManifestHashes.Count > 0;

    /// <summary>The application that holds this quorum key, in whatever instance and version.</summary>
    /// <param name="publicKey">The quorum public key, 130 bytes.</param>
    public static DeploymentIdentity FromQuorumKey(ReadOnlyMemory<byte> publicKey) => new() { QuorumKeys = [publicKey] };

    /// <summary>Deployments that these people approve: the same threshold and the same keys. Aliases are not compared, nothing proves them.</summary>
    public static DeploymentIdentity FromManifestSet(MemberSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        return new() { ManifestSets = [set] };
    }

    /// <summary>This one manifest.</summary>
    /// <param name="sha256">The manifest's hash, 32 bytes.</param>
    public static DeploymentIdentity FromManifestHash(ReadOnlyMemory<byte> sha256) => new() { ManifestHashes = [sha256] };

    /// <summary>This one enclave, by its live ephemeral key: the only identity that an app proof without a boot proof can be compared with.</summary>
    /// <param name="publicKey">The ephemeral public key, 130 bytes, from a boot proof that was verified before.</param>
    public static DeploymentIdentity FromEphemeralKey(ReadOnlyMemory<byte> publicKey) => new() { EphemeralKeys = [publicKey] };

    /// <summary>Both identities: every kind that either names must hold.</summary>
    /// <exception cref="ArgumentException">One of them is <see cref="Anyone"/>.</exception>
    public DeploymentIdentity And(DeploymentIdentity other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (IsAnyone || other.IsAnyone)
            throw new ArgumentException("An identity is named or given up, not both.", nameof(other));
        return new()
        {
            QuorumKeys = [.. QuorumKeys, .. other.QuorumKeys],
            ManifestSets = [.. ManifestSets, .. other.ManifestSets],
            ManifestHashes = [.. ManifestHashes, .. other.ManifestHashes],
            EphemeralKeys = [.. EphemeralKeys, .. other.EphemeralKeys],
        };
    }
}
