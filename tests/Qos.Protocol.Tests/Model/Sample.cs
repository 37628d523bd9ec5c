using System.Security.Cryptography;
using Qos.Keys;

namespace Qos.Protocol.Tests;

/// <summary>A quorum whose keys are known, and manifests that hold for it.</summary>
internal static class Sample
{
    internal static KeySet[] Keys { get; } = [.. Enumerable.Range(1, 6).Select(static n => KeySet.FromSeed(SHA256.HashData([(byte)n])))];

    internal static KeySet QuorumKey { get; } = KeySet.FromSeed(SHA256.HashData("quorum"u8));

    internal static QuorumMember Member(int index) => new($"member-{index}", Keys[index].PublicKey.Memory);

    /// <summary>Three members approve, three others hold shares, two of each are needed.</summary>
    internal static Manifest Manifest(ManifestVersion version = ManifestVersion.V2) => new()
    {
        Version = version,
        Namespace = new ManifestNamespace("production/signer", 7, QuorumKey.PublicKey.Memory),
        Pivot = new PivotConfig
        {
            Hash = SHA256.HashData("pivot"u8),
            Restart = RestartPolicy.Always,
            BridgeConfig = version == ManifestVersion.V0 ? [] : [new BridgeConfig.Server(3000, "0.0.0.0")],
            Args = ["--port", "3000"],
        },
        ManifestSet = new MemberSet(2, [Member(0), Member(1), Member(2)]),
        ShareSet = new MemberSet(2, [Member(3), Member(4), Member(5)]),
        Enclave = new EnclaveConfig
        {
            Pcr0 = Pcr(0x10),
            Pcr1 = Pcr(0x11),
            Pcr2 = Pcr(0x12),
            Pcr3 = Pcr(0x13),
            AwsRootCertificate = Nsm.AwsRoot.Der.ToArray(),
            QosCommit = "0123abc",
        },
        PatchSet = version == ManifestVersion.V2 ? null : new PatchSet(0, []),
    };

    internal static byte[] Pcr(byte fill)
    {
        byte[] pcr = new byte[48];
        pcr.AsSpan().Fill(fill);
        return pcr;
    }

    internal static Approval Approve(Manifest manifest, int index) => new(Keys[index].Sign(manifest.Hash()), Member(index));

    internal static ManifestEnvelope Envelope(Manifest manifest, params int[] approvers) =>
        new(manifest, [.. approvers.Select(index => Approve(manifest, index))], []);

    internal static ProtocolErrorCode Refused(Action action) => Assert.Throws<ProtocolException>(action).Error.Code;

    internal static Manifest WithEnv(params (string Name, string Value)[] env) => Manifest() with
    {
        Pivot = Manifest().Pivot with { Env = env.ToDictionary(pair => pair.Name, pair => pair.Value) },
    };
}
