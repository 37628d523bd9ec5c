using Qos.Keys;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>
/// A quorum of one person, for development: the keys and the quorum key are made in this process and gone with it. What it approves says so by
/// <see cref="Mark"/> in the namespace, in the members' aliases and in the commit, and is in debug mode, which verifiers refuse unless told otherwise.
/// The member alone approves; a key has at least two shares, so that member holds both.
/// </summary>
public sealed class WorthlessQuorum : IDisposable
{
    /// <summary>What names of worthless things begin with.</summary>
    public const string Mark = "worthless-dev";

    private const int Shares = 2;

    private readonly IRandomSource _random;
    private readonly KeySet[] _members;
    private readonly byte[][] _shares;

    private WorthlessQuorum(IRandomSource random, KeySet[] members, byte[][] shares, PublicKey quorumKey)
    {
        (_random, _members, _shares, QuorumKey) = (random, members, shares, quorumKey);
        QuorumMember[] all = [.. members.Select(static (member, i) => new QuorumMember(AliasOf(i), member.PublicKey.Memory))];
        (ManifestSet, ShareSet) = (new MemberSet(1, [all[0]]), new MemberSet(Shares, all));
    }

    /// <summary>The quorum key.</summary>
    public PublicKey QuorumKey { get; }

    /// <summary>Who approves: one of one.</summary>
    public MemberSet ManifestSet { get; }

    /// <summary>Who holds shares: two of two, as few as a key is split into.</summary>
    public MemberSet ShareSet { get; }

    /// <summary>Makes the keys and splits the quorum key.</summary>
    public static WorthlessQuorum Make(IRandomSource random)
    {
        using KeySet quorum = KeySet.Generate(random);
        KeySet[] members = [.. Enumerable.Range(0, Shares).Select(_ => KeySet.Generate(random))];
        using SecretMemory seed = quorum.ExportSeed();
        SecretMemory[] plain = Shamir.Split(seed.Span, Shares, Shares, random);
        try
        {
            return new WorthlessQuorum(random, members, [.. plain.Select((share, i) => members[i].PublicKey.Encrypt(share.Span, random))], quorum.PublicKey);
        }
        finally
        {
            foreach (SecretMemory share in plain)
                share.Dispose();
        }
    }

    /// <summary>The alias of a share's holder.</summary>
    public static string AliasOf(int member) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Mark}-{member + 1}");

    /// <summary>An approved manifest.</summary>
    /// <param name="name">The app's name.</param>
    /// <param name="nonce">Higher than that of every manifest before.</param>
    /// <param name="pivot">How the app runs; the debug mode is set here.</param>
    /// <param name="pcrs">PCR0 to PCR3 of the enclave.</param>
    /// <param name="root">The root that documents must lead to, DER.</param>
    public ManifestEnvelope Approve(string name, uint nonce, PivotConfig pivot, IReadOnlyDictionary<int, byte[]> pcrs, ReadOnlyMemory<byte> root)
    {
        ArgumentNullException.ThrowIfNull(pivot);
        ArgumentNullException.ThrowIfNull(pcrs);
        var manifest = new Manifest
        {
            Version = ManifestVersion.V2,
            Namespace = new ManifestNamespace($"{Mark}/{name}", nonce, QuorumKey.Memory),
            Pivot = pivot with { DebugMode = true },
            ManifestSet = ManifestSet,
            ShareSet = ShareSet,
            Enclave = new EnclaveConfig
            {
                Pcr0 = pcrs[0],
                Pcr1 = pcrs[1],
                Pcr2 = pcrs[2],
                Pcr3 = pcrs[3],
                AwsRootCertificate = root,
                QosCommit = Mark,
            },
        };
        return new ManifestEnvelope(manifest, [ManifestApproval.Sign(manifest, AliasOf(0), _members[0])], []);
    }

    /// <summary>Boots a node and gives it the quorum key by both shares, after the checks that a member makes.</summary>
    /// <param name="node">A node that waits for its boot.</param>
    /// <param name="envelope">What <see cref="Approve"/> gave.</param>
    /// <param name="pivotPath">The binary.</param>
    /// <param name="policy">What documents are believed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CeremonyException">A check failed, or the host cannot be reached.</exception>
    /// <exception cref="ProtocolException">The node refused.</exception>
    public async Task BootAsync(NodeClient node, ManifestEnvelope envelope, string pivotPath, AttestationPolicy policy, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(envelope);
        ReadOnlyMemory<byte> document = await node.BootAsync(envelope, pivotPath, cancellationToken: cancellationToken).ConfigureAwait(false);
        var pins = new ManifestPins
        {
            ManifestSet = ManifestSet,
            ShareSet = ShareSet,
            QuorumKey = QuorumKey,
            Root = envelope.Manifest.Enclave.AwsRootCertificate,
        };
        bool isComplete = false;
        for (int i = 0; i < Shares; i++)
        {
            PublicKey setupKey = ShareCeremony.Check(document, envelope, policy, pins, AliasOf(i), _members[i].PublicKey);
            (byte[] share, Approval approval) = ShareCeremony.Reencrypt(_shares[i], setupKey, envelope.Manifest, AliasOf(i), _members[i], _random);
            isComplete = await node.ProvisionAsync(share, approval, cancellationToken).ConfigureAwait(false);
        }

        if (!isComplete)
            throw new CeremonyException("The node took all shares and has no quorum key.");
    }

    /// <summary>Boots a node and has another one, which has the quorum key, forward it.</summary>
    /// <param name="from">The node with the key.</param>
    /// <param name="node">A node that waits for its boot.</param>
    /// <param name="envelope">The new node's approved manifest.</param>
    /// <param name="pivotPath">The new node's binary.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CeremonyException">A host cannot be reached.</exception>
    /// <exception cref="ProtocolException">A node refused.</exception>
    public static async Task ForwardAsync(NodeClient from, NodeClient node, ManifestEnvelope envelope, string pivotPath, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(node);
        ReadOnlyMemory<byte> document = await node.BootAsync(envelope, pivotPath, keyForward: true, cancellationToken: cancellationToken).ConfigureAwait(false);
        ProtocolMessage.ExportKeyResponse key = await from.ExportKeyAsync(envelope, document, cancellationToken).ConfigureAwait(false);
        await node.InjectKeyAsync(new ProtocolMessage.InjectKeyRequest(key.EncryptedQuorumKey, key.Signature), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Wipes the members' keys.</summary>
    public void Dispose()
    {
        foreach (KeySet member in _members)
            member.Dispose();
    }
}
