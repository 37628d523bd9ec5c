namespace Qos.Protocol;

/// <summary>
/// What the members of a quorum agree on: the program, the enclave that may run it, and who may change or provision it.
/// Immutable; the bytes are kept as read, so an old manifest with keys of another form can be shown and hashed.
/// Format: docs/protocol/manifest.md.
/// </summary>
/// <remarks>Two manifests are the same when their hashes are; the record's own equality compares lists by reference.</remarks>
public sealed record Manifest
{
    /// <summary>The schema; it decides the stored form and what the hash is taken over.</summary>
    public required ManifestVersion Version { get; init; }

    /// <summary>Name, nonce and quorum key.</summary>
    public required ManifestNamespace Namespace { get; init; }

    /// <summary>The program and how it is run.</summary>
    public required PivotConfig Pivot { get; init; }

    /// <summary>Who approves manifests, and how many of them are needed.</summary>
    public required MemberSet ManifestSet { get; init; }

    /// <summary>Who holds shares of the quorum key, and how many of them are needed.</summary>
    public required MemberSet ShareSet { get; init; }

    /// <summary>The measurements that the enclave must have.</summary>
    public required EnclaveConfig Enclave { get; init; }

    /// <summary>Only in V0 and V1, and always there; nothing uses it, but it is part of the hash.</summary>
    public PatchSet? PatchSet { get; init; }

    /// <summary>Only in V2: the name servers of the enclave.</summary>
    public DnsConfig? Dns { get; init; }

    /// <summary>The manifest hash, 32 bytes: what approvals sign and attestation documents carry.</summary>
    public byte[] Hash() => ManifestFormat.Hash(this);

    /// <summary>The bytes that the hash is taken over: canonical JSON for V2, Borsh for V1 and V0.</summary>
    public byte[] HashedBytes() => ManifestFormat.HashedBytes(this);
}
