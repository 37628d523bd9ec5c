using Qos.Serialization;

namespace Qos.Protocol.Tests;

/// <summary>What is read is bounded: at each limit it is read, one above it is not, in JSON and in Borsh.</summary>
public sealed class LimitTests
{
    [Fact]
    public void Names() => AtAndAbove(
        ProtocolLimits.MaxNameBytes,
        static (m, n) => m with { Namespace = m.Namespace with { Name = new string('x', n) } },
        static (m, n) => m with { Enclave = m.Enclave with { QosCommit = new string('x', n) } },
        static (m, n) => m with { ShareSet = m.ShareSet with { Members = [new QuorumMember(new string('x', n), default)] } },
        static (m, n) => m with { Pivot = m.Pivot with { BridgeConfig = [new BridgeConfig.Server(1, new string('x', n))] } },
        static (m, n) => m with { Pivot = m.Pivot with { BridgeConfig = [new BridgeConfig.Client(1, new string('x', n))] } });

    [Fact]
    public void Names_are_counted_in_bytes() => AtAndAbove(
        ProtocolLimits.MaxNameBytes / 2,
        static (m, n) => m with { Namespace = m.Namespace with { Name = new string('é', n) } });

    [Fact]
    public void Keys() => AtAndAbove(
        ProtocolLimits.MaxKeyBytes,
        static (m, n) => m with { Namespace = m.Namespace with { QuorumKey = new byte[n] } },
        static (m, n) => m with { ManifestSet = m.ManifestSet with { Members = [new QuorumMember("x", new byte[n])] } },
        static (m, n) => m with { PatchSet = new PatchSet(0, [new byte[n]]) });

    [Fact]
    public void Members() => AtAndAbove(
        ProtocolLimits.MaxMembers,
        static (m, n) => m with { ManifestSet = m.ManifestSet with { Members = Many(n) } },
        static (m, n) => m with { ShareSet = m.ShareSet with { Members = Many(n) } });

    [Fact]
    public void Measurements_and_root()
    {
        AtAndAbove(ProtocolLimits.MaxPcrBytes, static (m, n) => m with { Enclave = m.Enclave with { Pcr2 = new byte[n] } });
        AtAndAbove(ProtocolLimits.MaxCertificateBytes, static (m, n) => m with { Enclave = m.Enclave with { AwsRootCertificate = new byte[n] } });
    }

    [Fact]
    public void Arguments_and_bridges()
    {
        AtAndAbove(ProtocolLimits.MaxArgs, static (m, n) => m with { Pivot = m.Pivot with { Args = [.. Enumerable.Repeat("", n)] } });
        AtAndAbove(ProtocolLimits.MaxArgBytes, static (m, n) => m with { Pivot = m.Pivot with { Args = [new string('x', n)] } });
        AtAndAbove(ProtocolLimits.MaxBridges, static (m, n) => m with
        {
            Pivot = m.Pivot with { BridgeConfig = [.. Enumerable.Repeat(new BridgeConfig.Client(1, null), n)] },
        });
    }

    [Fact]
    public void Approvals()
    {
        Manifest manifest = Sample.Manifest(ManifestVersion.V1);
        var approval = new Approval(default, new QuorumMember("", default));
        foreach (int count in new[] { ProtocolLimits.MaxApprovals, ProtocolLimits.MaxApprovals + 1 })
        {
            var envelope = new ManifestEnvelope(manifest, [.. Enumerable.Repeat(approval, count)], []);
            Exception? json = Record.Exception(() => ManifestEnvelopeFormat.Read(ManifestEnvelopeFormat.Write(envelope)));
            Exception? borsh = Record.Exception(() => ManifestEnvelopeFormat.Read(ManifestEnvelopeFormat.WriteBorsh(envelope)));
            Assert.Equal(count > ProtocolLimits.MaxApprovals, json is EncodingException);
            Assert.Equal(count > ProtocolLimits.MaxApprovals, borsh is EncodingException);
        }
    }

    [Fact]
    public void A_files_size()
    {
        byte[] large = new byte[ProtocolLimits.MaxEnvelopeBytes + 1];
        large.AsSpan().Fill((byte)' ');
        ManifestFormat.Write(Sample.Manifest()).CopyTo(large, 0);
        ManifestFormat.Read(large.AsSpan(0, ProtocolLimits.MaxEnvelopeBytes));
        Assert.Throws<EncodingException>(() => ManifestFormat.Read(large));
        Assert.Throws<EncodingException>(() => ManifestEnvelopeFormat.Read(large));
        Assert.Throws<EncodingException>(() => GenesisOutputFormat.Read(large));
    }

    private static List<QuorumMember> Many(int count) => [.. Enumerable.Repeat(new QuorumMember("", default), count)];

    private static void AtAndAbove(int limit, params Func<Manifest, int, Manifest>[] changes)
    {
        for (int index = 0; index < changes.Length; index++)
        {
            Manifest at = changes[index](Sample.Manifest(ManifestVersion.V1), limit);
            Assert.Equal(at.Hash(), ManifestFormat.Read(ManifestFormat.Write(at)).Hash());
            Assert.Equal(at.Hash(), ManifestFormat.Read(at.HashedBytes()).Hash());

            Manifest above = changes[index](Sample.Manifest(ManifestVersion.V1), limit + 1);
            Assert.Throws<EncodingException>(() => ManifestFormat.Read(ManifestFormat.Write(above)));
            Assert.Throws<EncodingException>(() => ManifestFormat.Read(above.HashedBytes()));
        }
    }
}
