namespace Qos.Node;

/// <summary>What a node is told about itself.</summary>
public sealed record NodeOptions
{
    /// <summary>The software's version, for <c>versionResponse</c>.</summary>
    public required string Version { get; init; }

    /// <summary>The commit it was built from, for <c>versionResponse</c>.</summary>
    public required string Commit { get; init; }

    /// <summary>
    /// Gives the root (DER) that another node's attestation document must lead to before it is given the quorum key, asked at each export; when null, or
    /// when it gives null, the <c>awsRootCertificate</c> of the manifest that this node was booted with. Format: docs/protocol/messages.md, Key forwarding.
    /// </summary>
    /// <remarks>An enclave image names AWS's root here, so that no manifest can have a key forwarded to a simulated node.</remarks>
    public Func<ReadOnlyMemory<byte>?>? TrustAnchor { get; init; }
}
