using Qos.Cli.Tests;
using Qos.Nsm;
using Qos.Simulator;

namespace Qos.Compat.Tests;

/// <summary>A quorum's life through the reference's command lines, on nodes with a simulated module, every document verified under its root.</summary>
public sealed class LifeTests : IDisposable
{
    private const string Role = "arn:aws:iam::123456789012:role/Webserver";
    private const string Release = " --qos-release-dir @release --pcr3-preimage-path @role.txt";
    private const string Sets = " --manifest-set-dir @set --share-set-dir @set --quorum-key-path @genesis/quorum_key.pub --pivot-hash-path @pivot-hash";

    private readonly ClientFolder _folder = new();
    private readonly SimulatorPki _pki = SimulatorPki.Create();
    private readonly List<LocalNode> _nodes = [];

    public LifeTests()
    {
        _folder.Write("root.pem", _pki.RootPem);
        _folder.Write("role.txt", Role + "\n");
        _folder.Write("release/aws-x86_64.pcrs", string.Concat(Enumerable.Range(0, 3).Select(static index => $"{Convert.ToHexStringLower(Measurement(index))} PCR{index}\n")));
        _folder.Write("set/quorum_threshold", "2\n");
        _folder.Write("pivot", "a binary");
    }

    public void Dispose()
    {
        foreach (LocalNode node in _nodes)
            node.Dispose();
        _pki.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("1", " --patch-set-dir @set", false)]
    [InlineData("2", "", false)]
    [InlineData("1", " --patch-set-dir @set", true)]
    public async Task From_keys_to_a_forwarded_key(string version, string patchSet, bool areNodesOld)
    {
        foreach (string user in (string[])["alice", "bob"])
            await _folder.DoAsync($"generate-file-key --master-seed-path @{user}.secret --pub-path @set/{user}.pub");

        string genesis = Node("genesis");
        Assert.Equal("Ok!\n", await _folder.DoAsync($"host-health {genesis}"));
        Assert.Equal("Enclave phase: WaitingForBootInstruction\n", await _folder.DoAsync($"enclave-status {genesis}"));
        Assert.StartsWith("QOS version: 1.2.3\nGit commit:  abc", await _folder.DoAsync($"enclave-version {genesis}"), StringComparison.Ordinal);
        Assert.Contains("refused at document.chain", await _folder.RefusedAsync($"boot-genesis {Node("other")} --namespace-dir @none --share-set-dir @set{Release}"), StringComparison.Ordinal);
        await _folder.DoAsync($"boot-genesis {genesis} --namespace-dir @genesis --share-set-dir @set{Release} --root @root.pem");
        Assert.Equal(4, File.ReadAllLines(_folder["genesis/genesis_dr_artifacts"]).Length);
        foreach (string user in (string[])["alice", "bob"])
        {
            await _folder.DoAsync(
                $"after-genesis --secret-path @{user}.secret --share-path @{user}.share --alias {user} --namespace-dir @genesis{Release} --root @root.pem");
        }

        await _folder.DoAsync("pivot-hash --pivot-path @pivot --output-path @pivot-hash");
        await _folder.DoAsync(
            $"generate-manifest --nonce 1 --namespace test/app --restart-policy never --manifest-path @manifest --use-manifest-version {version}"
            + $" --root @root.pem{Release}{Sets}{patchSet}");
        foreach (string user in (string[])["alice", "bob"])
        {
            await _folder.DoAsync(
                $"approve-manifest --secret-path @{user}.secret --manifest-path @manifest --manifest-approvals-dir @boot --alias {user} --root @root.pem{Release}{Sets}{patchSet}",
                string.Concat(Enumerable.Repeat("y\n", 8)));
        }

        await _folder.DoAsync("generate-manifest-envelope --manifest-approvals-dir @boot --manifest-path @manifest");

        string first = Node("first", areNodesOld);
        await _folder.DoAsync($"boot-standard {first} --pivot-path @pivot --manifest-envelope-path @boot/manifest_envelope --pcr3-preimage-path @role.txt --root @root.pem");
        await ProvisionAsync(first);
        Assert.Equal("Enclave phase: QuorumKeyProvisioned\n", await _folder.DoAsync($"enclave-status {first}"));

        string second = Node("second", areNodesOld);
        await _folder.DoAsync($"boot-key-fwd {second} --manifest-envelope-path @boot/manifest_envelope --pivot-path @pivot --attestation-doc-path @second.doc");
        await _folder.DoAsync(
            $"export-key {first} --manifest-envelope-path @boot/manifest_envelope --attestation-doc-path @second.doc --encrypted-quorum-key-path @forwarded");
        Assert.StartsWith("{\"encrypted_quorum_key\":\"", File.ReadAllText(_folder["forwarded"]), StringComparison.Ordinal);
        Assert.Equal("Successful key injection!\n", await _folder.DoAsync($"inject-key {second} --encrypted-quorum-key-path @forwarded"));
        Assert.Equal(File.ReadAllText(_folder["nodes/first/qos.quorum.key"]), File.ReadAllText(_folder["nodes/second/qos.quorum.key"]));
    }

    [Fact]
    public async Task What_an_old_node_cannot_read_is_said_and_changes_nothing()
    {
        string node = Node("old", isOld: true);
        Assert.StartsWith("QOS version: 1.2.3\n", await _folder.DoAsync($"enclave-version {node}"), StringComparison.Ordinal);
        await _folder.DoAsync("generate-file-key --master-seed-path @alice.secret --pub-path @set/alice.pub");
        await _folder.DoAsync("generate-file-key --master-seed-path @bob.secret --pub-path @set/bob.pub");
        Assert.Contains(
            "ProtocolMsgDeserialization",
            await _folder.RefusedAsync($"boot-genesis {node} --namespace-dir @none --share-set-dir @set{Release} --root @root.pem"),
            StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["none"]));
        Assert.Equal("Enclave phase: WaitingForBootInstruction\n", await _folder.DoAsync($"enclave-status {node}"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_development_boot_provisions_a_node_at_once(bool isOld)
    {
        string node = Node("dev", isOld);
        string own = isOld ? " --unsafe-eph-path-override @nodes/dev/qos.ephemeral.key" : "";
        Assert.Equal("Enclave is provisioned!\n", await _folder.DoAsync($"dangerous-dev-boot {node} --pivot-path @pivot --restart-policy never --pivot-args [--msg,hello]{own}"));
        Assert.Equal("Enclave phase: QuorumKeyProvisioned\n", await _folder.DoAsync($"enclave-status {node}"));
    }

    private async Task ProvisionAsync(string node)
    {
        await _folder.DoAsync($"get-attestation-doc {node} --attestation-doc-path @doc --manifest-envelope-path @fetched");
        await _folder.DoAsync("get-ephemeral-key-hex --attestation-doc-path @doc --ephemeral-key-path @setup.pub");
        Assert.Equal(260, File.ReadAllText(_folder["setup.pub"]).Length);
        foreach (string user in (string[])["alice", "bob"])
        {
            string line = $"proxy-re-encrypt-share --secret-path @{user}.secret --share-path @{user}.share --approval-path @{user}.approval"
                + $" --eph-wrapped-share-path @{user}.wrapped --attestation-doc-path @doc --pcr3-preimage-path @role.txt --manifest-set-dir @set"
                + $" --manifest-envelope-path @fetched --alias {user} --root @root.pem";
            await _folder.RefusedAsync(line, "y\ny\nn\n");
            string asked = await _folder.DoAsync(line, "y\ny\ny\ny\n");
            Assert.Contains($"Does this AWS IAM role belong to the intended organization: {Role}? (y/n)\n", asked, StringComparison.Ordinal);
            Assert.Contains("members approved:\n\talias: alice\n\talias: bob\nIs this ok? (y/n)\n", asked, StringComparison.Ordinal);
            Assert.Equal(
                user == "bob" ? "The quorum key has been reconstructed.\n" : "The quorum key has *not* been reconstructed.\n",
                await _folder.DoAsync($"post-share {node} --approval-path @{user}.approval --eph-wrapped-share-path @{user}.wrapped"));
        }
    }

    private string Node(string name, bool isOld = false)
    {
        Dictionary<int, byte[]> pcrs = Enumerable.Range(0, 3).ToDictionary(static index => index, Measurement);
        pcrs[3] = Pcr.FromRoleArn(Role);
        var node = new LocalNode(_pki, pcrs, _folder[$"nodes/{name}"], isOld);
        _nodes.Add(node);
        var url = new Uri(node.Url);
        return $"--host-ip {url.Host} --host-port {url.Port}";
    }

    private static byte[] Measurement(int index) => [.. Enumerable.Repeat((byte)(0x11 * (index + 1)), Pcr.Size)];
}
