using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>
/// A whole life in one step for development: a quorum key made here, shared between two members made here, a manifest approved by them,
/// a boot and both shares. The key was in this process, so it is worth nothing. Format: docs/protocol/messages.md, Standard boot and Provisioning.
/// </summary>
public static class DevelopmentBoot
{
    private const string Alias = "DANGEROUS_DEV_BOOT_MEMBER";

    /// <summary>Boots and provisions a node; its document is not verified.</summary>
    /// <param name="node">A node that waits for its boot.</param>
    /// <param name="pivotPath">The binary.</param>
    /// <param name="pivot">How the pivot runs; its hash is set here.</param>
    /// <param name="setupKey">Gives the key to encrypt the shares to, once the node is booted; null for the one of the node's document.</param>
    /// <param name="random">For keys and envelopes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CeremonyException">The binary or the host cannot be reached, or the node has no quorum key at the end.</exception>
    /// <exception cref="ProtocolException">The node refused.</exception>
    public static async Task RunAsync(
        NodeClient node, string pivotPath, PivotConfig pivot, Func<PublicKey>? setupKey, IRandomSource random, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(pivot);
        using KeySet quorum = KeySet.Generate(random);
        using KeySet second = KeySet.Generate(random);
        (string Alias, KeySet Key)[] members = [(Alias, quorum), (Alias + "_2", second)];
        Manifest manifest = ManifestOf(pivot with { Hash = PivotFile.Hash(pivotPath) }, quorum.PublicKey, members);
        var envelope = new ManifestEnvelope(manifest, [ManifestApproval.Sign(manifest, Alias, quorum)], []);

        ReadOnlyMemory<byte> document = await node.BootAsync(envelope, pivotPath, cancellationToken: cancellationToken).ConfigureAwait(false);
        PublicKey receiver = setupKey?.Invoke() ?? (AttestationDocument.Parse(document.Span).PublicKey is { } attested
            ? PublicKey.Parse(attested.Span)
            : throw new CeremonyException("The node's attestation document holds no setup key."));
        bool complete = false;
        foreach ((byte[] share, int i) in Shares(quorum, receiver, random).Select(static (share, i) => (share, i)))
        {
            Approval approval = ManifestApproval.Sign(manifest, members[i].Alias, members[i].Key);
            complete = await node.ProvisionAsync(share, approval, cancellationToken).ConfigureAwait(false);
        }

        if (!complete)
            throw new CeremonyException("The node took both shares and has no quorum key.");
    }

    private static List<byte[]> Shares(KeySet quorum, PublicKey setupKey, IRandomSource random)
    {
        using SecretMemory seed = quorum.ExportSeed();
        SecretMemory[] shares = Shamir.Split(seed.Span, 2, 2, random);
        try
        {
            return [.. shares.Select(share => setupKey.Encrypt(share.Span, random))];
        }
        finally
        {
            foreach (SecretMemory share in shares)
                share.Dispose();
        }
    }

    private static Manifest ManifestOf(PivotConfig pivot, PublicKey quorumKey, (string Alias, KeySet Key)[] members)
    {
        QuorumMember[] all = [.. members.Select(static member => new QuorumMember(member.Alias, member.Key.PublicKey.Memory))];
        byte[] debugEnclave = new byte[Pcr.Size];
        return new Manifest
        {
            Version = ManifestVersion.V1,
            Namespace = new ManifestNamespace(Alias + "_NAMESPACE", uint.MaxValue, quorumKey.Memory),
            Pivot = pivot,
            ManifestSet = new MemberSet(1, [all[0]]),
            ShareSet = new MemberSet(2, all),
            Enclave = new EnclaveConfig
            {
                Pcr0 = debugEnclave,
                Pcr1 = debugEnclave,
                Pcr2 = debugEnclave,
                Pcr3 = debugEnclave,
                AwsRootCertificate = AwsRoot.Der.ToArray(),
                QosCommit = "mock-qos-commit-ref",
            },
            PatchSet = new PatchSet(0, []),
        };
    }
}
