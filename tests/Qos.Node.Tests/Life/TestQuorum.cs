using System.Security.Cryptography;
using System.Text;
using Qos.Keys;
using Qos.Protocol;
using Qos.Simulator;

namespace Qos.Node.Tests;

/// <summary>Everybody who belongs to a quorum key: members of both sets, the key's shares, the manifests they approve.</summary>
internal sealed class TestQuorum : IDisposable
{
    // One authority for all tests: making keys on P-384 takes longer than most of them.
    private static readonly SimulatorPki s_pki = SimulatorPki.Create(new TestClock());

    internal TestQuorum(int seed = 1, int members = 3, int threshold = 2)
    {
        Random = new TestRandom(seed);
        Clock = new TestClock();
        Key = KeySet.Generate(Random);
        Approvers = [.. Enumerable.Range(1, 3).Select(i => new TestMember($"approver-{i}", KeySet.Generate(Random)))];
        Holders = [.. Enumerable.Range(1, members).Select(i => new TestMember($"holder-{i}", KeySet.Generate(Random)))];
        using SecretMemory secret = Key.ExportSeed();
        Shares = Shamir.Split(secret.Span, members, threshold, Random);
        Pivot = Encoding.ASCII.GetBytes($"#!/bin/true {seed}\n");
        Manifest = new Manifest
        {
            Version = ManifestVersion.V2,
            Namespace = new ManifestNamespace("test/namespace", 5, Key.PublicKey.Memory),
            Pivot = new PivotConfig
            {
                Hash = SHA256.HashData(Pivot),
                Restart = RestartPolicy.Always,
                BridgeConfig = [new BridgeConfig.Server(3000, "0.0.0.0")],
                Args = ["--port", "3000"],
            },
            ManifestSet = new MemberSet(2, [.. Approvers.Select(member => member.Member)]),
            ShareSet = new MemberSet((uint)threshold, [.. Holders.Select(member => member.Member)]),
            Enclave = new EnclaveConfig
            {
                Pcr0 = PcrValue(0),
                Pcr1 = PcrValue(1),
                Pcr2 = PcrValue(2),
                Pcr3 = PcrValue(3),
                AwsRootCertificate = Pki.RootDer,
                QosCommit = "test",
            },
        };
    }

    internal TestRandom Random { get; }

    internal TestClock Clock { get; }

    internal SimulatorPki Pki { get; } = s_pki;

    internal KeySet Key { get; }

    internal TestMember[] Approvers { get; }

    internal TestMember[] Holders { get; }

    internal SecretMemory[] Shares { get; }

    internal byte[] Pivot { get; }

    internal Manifest Manifest { get; }

    internal ManifestEnvelope Envelope => Approve(Manifest);

    internal ProtocolMessage.BootStandardRequest BootRequest => new(Envelope, Pivot);

    internal static byte[] PcrValue(int index) => [.. Enumerable.Repeat((byte)(0xA0 + index), 48)];

    internal ManifestEnvelope Approve(Manifest manifest) =>
        new(manifest, [.. Approvers.Take((int)manifest.ManifestSet.Threshold).Select(member => member.Approve(manifest))], []);

    /// <summary>A member's share as it is posted: encrypted to the node's setup key, with the approval.</summary>
    internal ProtocolMessage.ProvisionRequest Post(PublicKey setupKey, int holder, int? share = null) =>
        Post(setupKey, holder, Shares[share ?? holder].Span);

    internal ProtocolMessage.ProvisionRequest Post(PublicKey setupKey, int holder, ReadOnlySpan<byte> share) =>
        new(setupKey.Encrypt(share, Random), Holders[holder].Approve(Manifest));

    /// <summary>A member's share with a bit turned over; each member's in another byte, for the same error in two shares can cancel itself out.</summary>
    internal byte[] WrongShare(int holder)
    {
        byte[] share = Shares[holder].Span.ToArray();
        share[^(1 + holder)] ^= 1;
        return share;
    }

    public void Dispose()
    {
        foreach (SecretMemory share in Shares)
            share.Dispose();
        foreach (TestMember member in (TestMember[])[.. Approvers, .. Holders])
            member.Key.Dispose();
        Key.Dispose();
    }
}
