using Qos.EndToEnd.Local;
using Qos.Vectors;

namespace Qos.EndToEnd.Tests;

/// <summary>A genesis and the life after it by the reference's names alone, every document verified under the reference's own mock root.</summary>
public sealed class ReferenceGenesisTests : IDisposable
{
    private const string Release = " --qos-release-dir dist --pcr3-preimage-path pcr3-preimage.txt";
    private const string Sets = " --manifest-set-dir genesis --share-set-dir genesis --quorum-key-path genesis/quorum_key.pub --pivot-hash-path pivot-hash.txt";

    private readonly ScriptFolder _folder = new();
    private readonly string _pivot = Programs.Find("qos-sample-echo");
    private readonly int _port = LocalNode.FreePort();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task From_a_genesis_to_traffic()
    {
        string bridge = $"[{{\"type\": \"server\", \"port\": {_port}, \"host\": \"127.0.0.1\"}}]";
        string fixtures = VectorFiles.PathOf("qos", "integration-mock");
        await _folder.RunAsync(
            $"""
            cp -r {fixtures}/dist dist; cp {fixtures}/namespaces/pcr3-preimage.txt {fixtures}/mock_p256_dr.pub .; cp {fixtures}/mock_p256_dr.secret.keep dr.secret
            (cat dist/aws-x86_64.pcrs; echo; echo {MixedLifeTests.Pcr3} PCR3) | grep . > mock.pcrs
            mkdir genesis boot; echo 2 > genesis/quorum_threshold
            for user in user1 user2 user3; do qos_client generate-file-key --master-seed-path $user.secret --pub-path genesis/$user.pub; done
            """);
        await using (MixedNode node = await MixedNode.StartAsync(_folder, "first", isCore: true, isReferenceHost: true, _port))
        {
            await _folder.RunAsync(
                $"""
                qos_client boot-genesis {node.Address} --share-set-dir genesis --namespace-dir genesis --dr-key-path mock_p256_dr.pub --root {MixedNode.Root}{Release}
                for user in user1 user2 user3; do
                    qos_client after-genesis --secret-path $user.secret --share-path $user.share --alias $user --namespace-dir genesis --root {MixedNode.Root}{Release}
                done
                qos_client p256-asymmetric-decrypt --plaintext-path seed --ciphertext-path genesis/dr_wrapped_quorum_key --master-seed-path dr.secret --output-hex
                qos_client verify-genesis --namespace-dir genesis --master-seed-path seed
                qos_client pivot-hash --pivot-path {_pivot} --output-path pivot-hash.txt
                qos_client generate-manifest --nonce 1 --namespace app --restart-policy never --manifest-path boot/manifest --patch-set-dir genesis{Release}{Sets} \
                    --pivot-args '[--port,{_port},--qos-dir,{_folder["second"]}]' --bridge-config '{bridge}'
                for user in user1 user3; do
                    yes | qos_client approve-manifest --secret-path $user.secret --manifest-path boot/manifest --manifest-approvals-dir boot --alias $user \
                        --patch-set-dir genesis{Release}{Sets}
                done
                qos_client generate-manifest-envelope --manifest-approvals-dir boot --manifest-path boot/manifest
                """);
        }

        // A node that made a genesis is done.
        await using MixedNode second = await MixedNode.StartAsync(_folder, "second", isCore: true, isReferenceHost: true, _port);
        string[] said = await _folder.RunAsync(
            $"""
            qos_client boot-standard {second.Address} --pivot-path {_pivot} --manifest-envelope-path boot/manifest_envelope --pcr3-preimage-path pcr3-preimage.txt \
                --root {MixedNode.Root}
            for user in user2 user3; do
                qos_client get-attestation-doc {second.Address} --attestation-doc-path doc --manifest-envelope-path fetched
                yes | qos_client proxy-re-encrypt-share --share-path $user.share --secret-path $user.secret --attestation-doc-path doc --alias $user \
                    --eph-wrapped-share-path $user.node-share --approval-path $user.node-approval --manifest-envelope-path boot/manifest_envelope \
                    --pcr3-preimage-path pcr3-preimage.txt --manifest-set-dir genesis --root {MixedNode.Root}
                qos_client post-share {second.Address} --eph-wrapped-share-path $user.node-share --approval-path $user.node-approval
            done
            """);
        Assert.Equal("The quorum key has been reconstructed.", said[^1]);
        using var answer = System.Text.Json.JsonDocument.Parse(await second.AppAnswersAsync("/"));
        Assert.Equal(File.ReadAllText(_folder["genesis/quorum_key.pub"]), answer.RootElement.GetProperty("quorumKey").GetString());
    }
}
