using Qos.EndToEnd.Local;
using Qos.Vectors;

namespace Qos.EndToEnd.Tests;

/// <summary>
/// A quorum's life with keys, shares and a quorum key that the reference made. Each program is started by the reference's name or by ours while the
/// others stay, and each step is done by the other client than the step before, so every file goes both ways: docs/interop.md.
/// </summary>
public sealed class MixedLifeTests : IDisposable
{
    private const string Sets = " --manifest-set-dir set --share-set-dir set --quorum-key-path quorum_key.pub --pivot-hash-path pivot-hash.txt";
    private const string Held = " --manifest-set set --share-set set --quorum-key quorum_key.pub";
    private const string Release = " --qos-release-dir dist --pcr3-preimage-path pcr3-preimage.txt";
    /// <summary>PCR3 of the role of the reference's fixtures. Format: docs/protocol/manifest.md, PCR3.</summary>
    internal const string Pcr3 = "78fce75db17cd4e0a3fb8dad3ad128ca5e77edbb2b2c7f75329dccd99aa5f6ef4fc1f1a452e315b9e98f9e312e6921e6";

    private readonly ScriptFolder _folder = new();
    private readonly string _pivot = Programs.Find("qos-sample-echo");
    private readonly int _port = LocalNode.FreePort();
    private bool _isReferencesTurn;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, true, true, true)]
    [InlineData(2, true, false, false)]
    [InlineData(2, false, true, true)]
    [InlineData(1, false, false, false)]
    public async Task Each_program_takes_the_place_of_the_other(int version, bool isCore, bool isReferenceHost, bool isReferenceFirst)
    {
        await PrepareAsync();
        _isReferencesTurn = isReferenceFirst;
        string envelope = await ApprovedAsync(version);

        string first;
        await using (MixedNode node = await MixedNode.StartAsync(_folder, "first", isCore, isReferenceHost, _port))
        {
            await DoAsync(
                $"qos_client boot-standard {node.Address} --pivot-path {_pivot} --manifest-envelope-path {envelope} --pcr3-preimage-path pcr3-preimage.txt --root {MixedNode.Root}",
                $"qos node boot {node.Url} --pivot {_pivot} --envelope {envelope}");
            await DoAsync(
                $"qos_client get-attestation-doc {node.Address} --attestation-doc-path doc --manifest-envelope-path fetched",
                $"qos node attestation {node.Url} --out doc; qos node envelope {node.Url} --out fetched");
            await ShareAsync(node, "user3");
            await ShareAsync(node, "user1");
            first = await QuorumKeyAsync(node);

            await using MixedNode second = await MixedNode.StartAsync(_folder, "second", !isCore, !isReferenceHost, _port);
            await DoAsync(
                $"qos_client boot-key-fwd {second.Address} --manifest-envelope-path {envelope} --pivot-path {_pivot} --attestation-doc-path forward",
                $"qos node boot {second.Url} --key-forward --envelope {envelope} --pivot {_pivot} --attestation-out forward");
            await DoAsync(
                $"qos_client export-key {node.Address} --manifest-envelope-path {envelope} --attestation-doc-path forward --encrypted-quorum-key-path key",
                $"qos node export-key {node.Url} --envelope {envelope} --attestation forward --out key");

            // The port of the app inside is the same, and this machine has it once.
            await node.DisposeAsync();
            await _folder.RunAsync("ln -sfn second current");
            await DoAsync(
                $"qos_client inject-key {second.Address} --encrypted-quorum-key-path key",
                $"qos node inject-key {second.Url} --key key");
            Assert.Equal(first, await QuorumKeyAsync(second));
        }

        Assert.Equal(File.ReadAllText(_folder["quorum_key.pub"]).Trim(), first);
    }

    // The reference's own fixtures, as a member has them.
    private async Task PrepareAsync()
    {
        string fixtures = VectorFiles.PathOf("qos", "integration-mock");
        await _folder.RunAsync(
            $"""
            cp -r {fixtures}/dist dist; cp {fixtures}/namespaces/pcr3-preimage.txt .; cp -r {fixtures}/keys/manifest-set set
            cp {fixtures}/namespaces/quit-coding-to-vape/quorum_key.pub .; cp {fixtures}/boot-e2e/all-personal-dir/*/* .; chmod 600 *.secret
            (cat dist/aws-x86_64.pcrs; echo; echo {Pcr3} PCR3) | grep . > mock.pcrs
            mkdir boot; ln -s first current; qos_client pivot-hash --pivot-path {_pivot} --output-path pivot-hash.txt
            """);
    }

    private async Task<string> ApprovedAsync(int version)
    {
        string patchSet = version == 1 ? " --patch-set-dir set" : "";
        string generate =
            $"qos_client generate-manifest --nonce 2 --namespace quit/coding --restart-policy always --use-manifest-version {version} --manifest-path boot/manifest"
            + $" --pivot-args '[--port,{_port},--qos-dir,{_folder["current"]}]' --bridge-config '[{{\"type\": \"server\", \"port\": {_port}, \"host\": \"127.0.0.1\"}}]'"
            + $"{Release}{Sets}{patchSet}";
        await DoAsync(
            generate,
            version == 1
                ? generate
                : "qos manifest new --out boot/manifest --namespace quit/coding --nonce 2 --quorum-key quorum_key.pub --pivot-hash pivot-hash.txt --manifest-set set"
                + $" --share-set set --pcrs dist/aws-x86_64.pcrs --pcr3-preimage pcr3-preimage.txt --restart always --bridge server:{_port}:127.0.0.1"
                + $" --arg=--port --arg={_port} --arg=--qos-dir --arg={_folder["current"]} --accept-warnings");
        foreach (string user in (string[])["user1", "user2"])
        {
            await DoAsync(
                $"yes | qos_client approve-manifest --secret-path {user}.secret --manifest-path boot/manifest --manifest-approvals-dir boot --alias {user}{Release}{Sets}{patchSet}",
                $"qos manifest approve boot/manifest --secret {user}.secret --alias {user} --out-dir boot{Held} --yes --accept-warnings");
            Assert.True(File.Exists(_folder[$"boot/{user}-quit-coding-2.approval"]));
        }

        await DoAsync(
            "qos_client generate-manifest-envelope --manifest-approvals-dir boot --manifest-path boot/manifest",
            "qos manifest envelope --manifest boot/manifest --approvals boot --out boot/manifest_envelope");
        const string ToBorsh = "qos_client json-to-borsh --file-path boot/manifest_envelope --display-type manifest-envelope --output-path boot/borsh";
        if (version == 1)
        {
            await _folder.RunAsync(ToBorsh);
            return "boot/borsh";
        }

        Assert.Contains("v2 manifests cannot", await _folder.RefusedAsync(ToBorsh), StringComparison.Ordinal);
        return "boot/manifest_envelope";
    }

    private async Task ShareAsync(MixedNode node, string user)
    {
        await DoAsync(
            $"yes | qos_client proxy-re-encrypt-share --share-path {user}.share --secret-path {user}.secret --attestation-doc-path doc --eph-wrapped-share-path {user}.node-share"
            + $" --approval-path {user}.node-approval --manifest-envelope-path fetched --pcr3-preimage-path pcr3-preimage.txt --manifest-set-dir set --alias {user} --root {MixedNode.Root}",
            $"qos share reencrypt --attestation doc --envelope fetched --share {user}.share --secret {user}.secret --alias {user} --root {MixedNode.Root} --pcrs mock.pcrs{Held} --yes --accept-warnings");
        await DoAsync(
            $"qos_client post-share {node.Address} --eph-wrapped-share-path {user}.node-share --approval-path {user}.node-approval",
            $"qos share post {node.Url} --share {user}.node-share --approval {user}.node-approval");
    }

    private static async Task<string> QuorumKeyAsync(MixedNode node)
    {
        using var answer = System.Text.Json.JsonDocument.Parse(await node.AppAnswersAsync("/"));
        return answer.RootElement.GetProperty("quorumKey").GetString()!;
    }

    private async Task DoAsync(string reference, string ours)
    {
        await _folder.RunAsync(_isReferencesTurn ? reference : ours);
        _isReferencesTurn = !_isReferencesTurn;
    }
}
