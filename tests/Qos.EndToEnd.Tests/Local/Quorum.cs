using System.Security.Cryptography;
using Qos.Client;
using Qos.Keys;
using Qos.Protocol;

namespace Qos.EndToEnd.Local;

/// <summary>The people around a quorum key: who approves manifests, who holds the shares.</summary>
public sealed class Quorum : IDisposable
{
    private const int ApprovalThreshold = 2;

    private readonly KeySet? _key;
    private readonly ReadOnlyMemory<byte>[] _encryptedShares;

    private Quorum(Member[] approvers, Member[] holders, uint threshold, ReadOnlyMemory<byte> publicKey, ReadOnlyMemory<byte>[] shares, KeySet? key)
    {
        Approvers = approvers;
        Holders = holders;
        Threshold = threshold;
        PublicKey = publicKey;
        _encryptedShares = shares;
        _key = key;
    }

    /// <summary>The manifest set: three, of whom two are needed.</summary>
    public Member[] Approvers { get; }

    /// <summary>The share set.</summary>
    public Member[] Holders { get; }

    /// <summary>How many holders are needed.</summary>
    public uint Threshold { get; }

    /// <summary>The quorum key.</summary>
    public ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>The quorum key's seed in hex, where it is known: with a genesis nobody knows it.</summary>
    public string? SeedHex
    {
        get
        {
            using SecretMemory? seed = _key?.ExportSeed();
            return seed is null ? null : Convert.ToHexStringLower(seed.Span);
        }
    }

    /// <summary>Deals a key out by hand, which is quicker than a genesis where the genesis is not the point.</summary>
    public static Quorum Deal(int holders = 3, uint threshold = 2)
    {
        KeySet key = KeySet.Generate(SystemRandomSource.Instance);
        Member[] members = Members("holder", holders);
        using SecretMemory seed = key.ExportSeed();
        SecretMemory[] shares = Shamir.Split(seed.Span, holders, (int)threshold, SystemRandomSource.Instance);
        var encrypted = new ReadOnlyMemory<byte>[holders];
        for (int i = 0; i < holders; i++)
        {
            encrypted[i] = members[i].Key.PublicKey.Encrypt(shares[i].Span, SystemRandomSource.Instance);
            shares[i].Dispose();
        }

        return new Quorum(Members("approver", 3), members, threshold, key.PublicKey.Memory, encrypted, key);
    }

    /// <summary>Has an enclave make the key.</summary>
    public static async Task<Quorum> FromGenesisAsync(LocalNode node)
    {
        Member[] holders = Members("holder", 3);
        (GenesisOutput output, _) = await GenesisCeremony.RunAsync(
            node.Client, new MemberSet(2, [.. holders.Select(holder => holder.Public)]), null, node.Policy, node.In("genesis"));
        return new Quorum(
            Members("approver", 3), holders, 2, output.QuorumKey,
            [.. holders.Select(holder => GenesisCeremony.Accept(output, holder.Alias, holder.Key))], null);
    }

    /// <summary>A manifest for a pivot on a node of this release.</summary>
    public Manifest Manifest(LocalNode node, ReadOnlyMemory<byte> pivot, params IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(node);
        return new Manifest
        {
            Version = ManifestVersion.V2,
            Namespace = new ManifestNamespace("test/end-to-end", 1, PublicKey),
            Pivot = new PivotConfig { Hash = SHA256.HashData(pivot.Span), Restart = RestartPolicy.Always, Args = arguments },
            ManifestSet = new MemberSet(ApprovalThreshold, [.. Approvers.Select(member => member.Public)]),
            ShareSet = new MemberSet(Threshold, [.. Holders.Select(member => member.Public)]),
            Enclave = new EnclaveConfig
            {
                Pcr0 = LocalNode.Pcr(0),
                Pcr1 = LocalNode.Pcr(1),
                Pcr2 = LocalNode.Pcr(2),
                Pcr3 = LocalNode.Pcr(3),
                AwsRootCertificate = node.RootDer,
                QosCommit = "test",
            },
        };
    }

    /// <summary>The manifest with as many approvals as it needs, or another number of them.</summary>
    public ManifestEnvelope Approve(Manifest manifest, int approvals = ApprovalThreshold) =>
        new(manifest, [.. Approvers.Take(approvals).Select(member => member.Approve(manifest))], []);

    /// <summary>What a holder posts after having checked the node's document.</summary>
    public ProtocolMessage.ProvisionRequest Share(int holder, LocalNode node, ReadOnlyMemory<byte> document, ManifestEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(node);
        return Share(holder, node.Policy, node.RootDer, document, envelope);
    }

    /// <summary>The same for any node, by what the holder believes.</summary>
    public ProtocolMessage.ProvisionRequest Share(int holder, AttestationPolicy policy, ReadOnlyMemory<byte> root, ReadOnlyMemory<byte> document, ManifestEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        Member member = Holders[holder];
        var pins = new ManifestPins
        {
            ManifestSet = new MemberSet(ApprovalThreshold, [.. Approvers.Select(approver => approver.Public)]),
            ShareSet = new MemberSet(Threshold, [.. Holders.Select(holder => holder.Public)]),
            QuorumKey = Keys.PublicKey.Parse(PublicKey.Span),
            Root = root,
        };
        PublicKey setupKey = ShareCeremony.Check(document, envelope, policy, pins, member.Alias, member.Key.PublicKey);
        (byte[] share, Approval approval) = ShareCeremony.Reencrypt(
            _encryptedShares[holder].Span, setupKey, envelope.Manifest, member.Alias, member.Key, SystemRandomSource.Instance);
        return new ProtocolMessage.ProvisionRequest(share, approval);
    }

    /// <summary>A holder's plain share, for what an honest holder would never do with it.</summary>
    public SecretMemory PlainShare(int holder) => Holders[holder].Key.Decrypt(_encryptedShares[holder].Span);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Member member in (Member[])[.. Approvers, .. Holders])
            member.Dispose();
        _key?.Dispose();
    }

    private static Member[] Members(string name, int count) => [.. Enumerable.Range(1, count).Select(i => Member.Named($"{name}-{i}"))];
}
