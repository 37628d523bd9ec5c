using System.Security.Cryptography;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Transport;

namespace Qos.Runtime.Tests.Life;

/// <summary>The smallest quorum that can be: two members, both of whom must approve, and whose shares together are the quorum key.</summary>
internal sealed class TwoMembers : IDisposable
{
    private readonly KeySet[] _keys = [KeySet.Generate(SystemRandomSource.Instance), KeySet.Generate(SystemRandomSource.Instance)];
    private readonly KeySet _quorumKey = KeySet.Generate(SystemRandomSource.Instance);

    /// <summary>An approved manifest for a pivot.</summary>
    public ManifestEnvelope Approve(PivotConfig pivot, DnsConfig? dns = null)
    {
        var manifest = new Manifest
        {
            Version = ManifestVersion.V2,
            Namespace = new ManifestNamespace("test", 1, _quorumKey.PublicKey.Memory),
            Pivot = pivot,
            ManifestSet = new MemberSet(2, [Member(0), Member(1)]),
            ShareSet = new MemberSet(2, [Member(0), Member(1)]),
            Enclave = new EnclaveConfig
            {
                Pcr0 = new byte[48],
                Pcr1 = new byte[48],
                Pcr2 = new byte[48],
                Pcr3 = new byte[48],
                AwsRootCertificate = new byte[] { 1 },
                QosCommit = "test",
            },
            Dns = dns,
        };
        return new ManifestEnvelope(manifest, [Approval(manifest, 0), Approval(manifest, 1)], []);
    }

    /// <summary>Boots a node and provisions it, over its control socket.</summary>
    public async Task StartAsync(FrameConnection node, PivotConfig pivot, ReadOnlyMemory<byte> program, DnsConfig? dns = null)
    {
        ManifestEnvelope envelope = Approve(pivot with { Hash = SHA256.HashData(program.Span) }, dns);
        var booted = await AskAsync<ProtocolMessage.BootStandardResponse>(node, new ProtocolMessage.BootStandardRequest(envelope, program));
        var document = AttestationDocument.Parse(((NsmResponse.Attestation)booted.NsmResponse).Document.Span);
        PublicKey setup = PublicKey.Parse(document.PublicKey!.Value.Span);

        using SecretMemory seed = _quorumKey.ExportSeed();
        SecretMemory[] shares = Shamir.Split(seed.Span, 2, 2, SystemRandomSource.Instance);
        for (int i = 0; i < shares.Length; i++)
        {
            byte[] encrypted = setup.Encrypt(shares[i].Span, SystemRandomSource.Instance);
            shares[i].Dispose();
            await AskAsync<ProtocolMessage.ProvisionResponse>(
                node, new ProtocolMessage.ProvisionRequest(encrypted, Approval(envelope.Manifest, i)));
        }
    }

    /// <summary>Sends a request, and gives the answer, which must be of one kind.</summary>
    public static async Task<T> AskAsync<T>(FrameConnection node, ProtocolMessage request)
        where T : ProtocolMessage
    {
        using FrameBuffer answer = await node.RequestAsync(MessageCodec.Encode(request, WireEncoding.Json), 1 << 20);
        ProtocolMessage message = MessageCodec.Decode(answer.Span).Message;
        return message as T ?? throw new InvalidOperationException($"expected {typeof(T).Name}, got {message}");
    }

    public void Dispose()
    {
        Array.ForEach(_keys, key => key.Dispose());
        _quorumKey.Dispose();
    }

    private QuorumMember Member(int index) => new($"member-{index}", _keys[index].PublicKey.Memory);

    private Approval Approval(Manifest manifest, int index) => new(_keys[index].Sign(ManifestFormat.Hash(manifest)), Member(index));
}
