using Qos.EndToEnd.Local;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Vectors;

namespace Qos.EndToEnd.Tests;

/// <summary>A client that knows Borsh alone and V0 manifests, as the reference's once did, with members and shares that the reference made.</summary>
public sealed class OldClientTests : IDisposable
{
    private static readonly byte[] s_pivot = "#!/bin/sh\nexec /bin/sleep 100000\n"u8.ToArray();

    private readonly ScriptFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ManifestVersion.V0, true)]
    [InlineData(ManifestVersion.V1, false)]
    public async Task A_life_in_Borsh(ManifestVersion version, bool isReference)
    {
        await _folder.RunAsync($"cp {VectorFiles.PathOf("qos", "integration-mock", "dist", "aws-x86_64.pcrs")} mock.pcrs");
        await using MixedNode node = await MixedNode.StartAsync(_folder, "node", isReference, isReference, 3000);
        Assert.Equal(ProtocolPhase.WaitingForBootInstruction, (await AskAsync<ProtocolMessage.StatusResponse>(node, new ProtocolMessage.StatusRequest())).Phase);
        await AskAsync<ProtocolMessage.VersionResponse>(node, new ProtocolMessage.VersionRequest());
        Assert.Equal(
            ProtocolErrorCode.LegacyGenesisNotSupported,
            Assert.IsType<ProtocolMessage.ProtocolErrorResponse>(MessageCodec.Decode(await node.PostAsync([5, 0, 0, 0, 0])).Message).Error.Code);

        using Member first = User("user1"), second = User("user2");
        ManifestEnvelope envelope = Approved(version, first, second);
        var booted = await AskAsync<ProtocolMessage.BootStandardResponse>(node, new ProtocolMessage.BootStandardRequest(envelope, s_pivot));
        PublicKey setupKey = PublicKey.Parse(AttestationDocument.Parse(((NsmResponse.Attestation)booted.NsmResponse).Document.Span).PublicKey!.Value.Span);
        foreach (Member user in (Member[])[first, second])
        {
            using SecretMemory share = user.Key.Decrypt(VectorFiles.Bytes("qos", "integration-mock", "boot-e2e", "all-personal-dir", $"{user.Alias}-dir", $"{user.Alias}.share"));
            var post = new ProtocolMessage.ProvisionRequest(setupKey.Encrypt(share.Span, SystemRandomSource.Instance), user.Approve(envelope.Manifest));
            Assert.Equal(user == second, (await AskAsync<ProtocolMessage.ProvisionResponse>(node, post)).Reconstructed);
        }

        var live = await AskAsync<ProtocolMessage.LiveAttestationDocResponse>(node, new ProtocolMessage.LiveAttestationDocRequest());
        Assert.Equal(envelope.Manifest.Hash(), live.ManifestEnvelope!.Manifest.Hash());
        Assert.Equal(["user1", "user2"], live.ManifestEnvelope.ShareSetApprovals.Select(static approval => approval.Member.Alias));

        // What the node keeps and gives is what newer clients read, whichever version it is.
        await _folder.RunAsync($"qos_client get-attestation-doc {node.Address} --attestation-doc-path doc --manifest-envelope-path fetched");
        string hash = $"Manifest hash: {Convert.ToHexStringLower(envelope.Manifest.Hash())}";
        foreach (string file in (string[])["fetched", "node/qos.manifest"])
            Assert.Contains(hash, await _folder.RunAsync($"qos_client display --file-path {file} --display-type manifest-envelope"));
    }

    private static async Task<T> AskAsync<T>(MixedNode node, ProtocolMessage message)
        where T : ProtocolMessage
    {
        DecodedMessage answer = MessageCodec.Decode(await node.PostAsync(MessageCodec.Encode(message, WireEncoding.Borsh)));
        Assert.Equal(WireEncoding.Borsh, answer.Encoding);
        return Assert.IsType<T>(answer.Message);
    }

    private static Member User(string alias) =>
        new(alias, KeySet.FromHex(VectorFiles.Bytes("qos", "integration-mock", "boot-e2e", "all-personal-dir", $"{alias}-dir", $"{alias}.secret")));

    private static ManifestEnvelope Approved(ManifestVersion version, params Member[] users)
    {
        var set = new MemberSet(2, [.. users.Select(static user => user.Public)]);
        byte[] measured = new byte[Pcr.Size];
        var manifest = new Manifest
        {
            Version = version,
            Namespace = new ManifestNamespace(
                "quit-coding-to-vape", 2, PublicKey.ParseHex(VectorFiles.Text("qos", "integration-mock", "namespaces", "quit-coding-to-vape", "quorum_key.pub")).Memory),
            Pivot = new PivotConfig { Hash = System.Security.Cryptography.SHA256.HashData(s_pivot), Restart = RestartPolicy.Always, Args = ["--flag"] },
            ManifestSet = set,
            ShareSet = set,
            Enclave = new EnclaveConfig
            {
                Pcr0 = measured,
                Pcr1 = measured,
                Pcr2 = measured,
                Pcr3 = measured,
                AwsRootCertificate = AwsRoot.Der.ToArray(),
                QosCommit = "",
            },
            PatchSet = new PatchSet(0, []),
        };
        return new ManifestEnvelope(manifest, [.. users.Select(user => user.Approve(manifest))], []);
    }
}
