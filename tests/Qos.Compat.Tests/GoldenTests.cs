using System.Text.Json;
using Qos.Vectors;

namespace Qos.Compat.Tests;

/// <summary>Files that the reference's client made, made again byte by byte.</summary>
public sealed class GoldenTests : IDisposable
{
    private const string Sets = " --manifest-set-dir @set --share-set-dir @set --patch-set-dir @set --quorum-key-path %golden/primary.pub";
    private const string Release = " --qos-release-dir %golden/dist --pcr3-preimage-path %golden/pcr3-preimage.txt --pivot-hash-path @pivot-hash.txt";

    private const string Generate =
        "generate-manifest --nonce 31 --namespace production/signer --restart-policy always --pivot-args [--config,/etc/config.json] --debug-mode true"
        + " --bridge-config [{\"type\":\"server\",\"port\":3000,\"host\":\"0.0.0.0\"}] --manifest-path @manifest" + Release + Sets;

    private const string Approve =
        "approve-manifest --secret-path %golden/primary.secret --manifest-path @manifest --manifest-approvals-dir @boot --alias dev" + Release + Sets;

    private readonly ClientFolder _folder = new();

    public GoldenTests()
    {
        _folder.Copy("golden/primary.pub", "set/dev.pub");
        _folder.Write("set/._dev.pub", "not a key");
        _folder.Write("set/quorum_threshold", "1\n");
        Directory.CreateDirectory(_folder["boot"]);
        _folder.Write("pivot-hash.txt", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(VectorFiles.Bytes("qos", "golden", "pivot.bin"))));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_pivot_hash_is_the_goldens()
    {
        await _folder.DoAsync("pivot-hash --pivot-path %golden/pivot.bin --output-path @hash");
        Assert.Equal("6851e7d5d3200c971307b7f3d02c35dc685413215392f1b35fa5ecb53264d963", File.ReadAllText(_folder["hash"]));
    }

    [Fact]
    public async Task Manifest_approval_and_envelope_are_the_goldens()
    {
        Assert.Equal($"Manifest written to: {_folder["manifest"]}\n", await _folder.DoAsync(Generate));
        Assert.Equal(VectorFiles.Bytes("qos", "golden", "manifest_v1.json"), _folder.Bytes("manifest"));

        string approval = _folder["boot/dev-production-signer-31.approval"];
        Assert.Equal($"Manifest Approval written to: {approval}\n", await _folder.DoAsync(Approve + " --unsafe-auto-confirm"));
        Assert.Equal(VectorFiles.Bytes("qos", "golden", "approval.json"), File.ReadAllBytes(approval));

        Assert.Equal(
            $"Manifest Envelope written to: {_folder["boot/manifest_envelope"]}\n",
            await _folder.DoAsync("generate-manifest-envelope --manifest-approvals-dir @boot --manifest-path @manifest"));
        Assert.Equal(VectorFiles.Bytes("qos", "golden", "manifest_envelope_v1.json"), _folder.Bytes("boot/manifest_envelope"));
    }

    [Fact]
    public async Task An_approver_is_asked_word_for_word_and_may_answer_through_a_pipe()
    {
        await _folder.DoAsync(Generate);
        string output = await _folder.DoAsync(Approve, "yes\nmaybe\ny\nY\nYes\nYES\ny\ny\n");
        Assert.Equal(
            $$"""
            Is this the correct manifest schema version: v1? (y/n)
            Is this the correct namespace name: production/signer? (y/n)
            Please answer with either "yes" (y) or "no" (n)
            Is this the correct namespace nonce: 31? (y/n)
            Is this the correct pivot restart policy: RestartPolicy::Always? (y/n)
            Are these the correct pivot args:
            ["--config", "/etc/config.json"]?
            (y/n)
            Is this the correct pivot debug mode: true? (y/n)
            Is this the correct pivot bridge configuration:
            [Server { port: 3000, host: "0.0.0.0" }]?
            (y/n)
            Manifest Approval written to: {{_folder["boot/dev-production-signer-31.approval"]}}

            """,
            output);
    }

    [Fact]
    public async Task A_key_may_come_through_a_pipe()
    {
        await _folder.DoAsync(Generate);
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", ["-m", "600", _folder["key"]]))
            await mkfifo.WaitForExitAsync();
        var writing = Task.Run(() =>
        {
            // Opening waits for the reader; sharing is what other programs do.
            using var pipe = new FileStream(_folder["key"], FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            pipe.Write(VectorFiles.Bytes("qos", "golden", "primary.secret"));
        });
        await _folder.DoAsync(Approve.Replace("%golden/primary.secret", "@key", StringComparison.Ordinal) + " --unsafe-auto-confirm");
        await writing;
        Assert.Equal(VectorFiles.Bytes("qos", "golden", "approval.json"), _folder.Bytes("boot/dev-production-signer-31.approval"));
    }

    [Theory]
    [InlineData("y\nn\n")]
    [InlineData("y\nwhat\nwhat\nwhat\ny\ny\ny\ny\ny\ny\ny\n")]
    [InlineData("")]
    public async Task What_is_not_answered_with_yes_is_not_approved(string answers)
    {
        await _folder.DoAsync(Generate);
        Assert.Contains("Exiting early without approving manifest", await _folder.RefusedAsync(Approve, answers), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder["boot"]));
    }

    [Theory]
    [InlineData("set/quorum_threshold", "2", "should hold a number from 1 to 1")]
    [InlineData("pivot-hash.txt", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "Pivot hash does not match")]
    public async Task What_differs_from_the_own_files_is_not_approved(string file, string content, string complaint)
    {
        await _folder.DoAsync(Generate);
        _folder.Write(file, content);
        Assert.Contains(complaint, await _folder.RefusedAsync(Approve + " --unsafe-auto-confirm"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("manifest", "manifest_v1.json", "manifest_v1.borsh")]
    [InlineData("manifest-envelope", "manifest_envelope_v1.json", "manifest_envelope_v1.borsh")]
    [InlineData("manifest", "manifest_v0.json", "manifest_v0.borsh")]
    [InlineData("manifest", "manifest_v1.borsh", "manifest_v1.borsh")]
    public async Task Borsh_is_the_goldens(string type, string from, string expected)
    {
        await _folder.DoAsync($"json-to-borsh --file-path %golden/{from} --display-type {type} --output-path @borsh");
        Assert.Equal(VectorFiles.Bytes("qos", "golden", expected), _folder.Bytes("borsh"));
    }

    [Theory]
    [InlineData("manifest", "manifest_v1.json")]
    [InlineData("manifest-envelope", "manifest_envelope_v1.json")]
    public async Task Json_is_displayed_as_it_is_stored(string type, string name)
    {
        string json = await _folder.DoAsync($"display --file-path %golden/{name} --display-type {type} --json");
        Assert.Equal(VectorFiles.Text("qos", "golden", name), json.TrimEnd('\n'));
    }

    [Fact]
    public async Task A_release_without_one_of_its_measurements_is_none()
    {
        await _folder.DoAsync(Generate);
        string[] lines = VectorFiles.Text("qos", "golden", "dist", "aws-x86_64.pcrs").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (string missing in lines)
        {
            _folder.Write("partial/aws-x86_64.pcrs", string.Join('\n', lines.Where(line => line != missing)));
            string refused = await _folder.RefusedAsync(Approve.Replace("--qos-release-dir %golden/dist", "--qos-release-dir @partial", StringComparison.Ordinal));
            Assert.Contains($"names no {missing.Split(' ')[^1]}", refused, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Json_that_is_displayed_steers_no_terminal()
    {
        const string steering = "\u009b2J\u202e";
        _folder.Write("evil", VectorFiles.Text("qos", "golden", "manifest_v1.json").Replace("\"name\":\"", $"\"name\":\"{steering}", StringComparison.Ordinal));
        string shown = await _folder.DoAsync("display --file-path @evil --display-type manifest --json");
        Assert.DoesNotContain(shown, static c => c is '\u009b' or '\u202e');
        using var parsed = JsonDocument.Parse(shown);
        Assert.StartsWith(steering, parsed.RootElement.GetProperty("namespace").GetProperty("name").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_manifest_of_version_2_is_made_without_patch_set_and_never_becomes_Borsh()
    {
        string line = Generate.Replace(" --patch-set-dir @set", "", StringComparison.Ordinal) + " --use-manifest-version 2 --dns-resolvers [1.1.1.1,8.8.8.8]";
        await _folder.DoAsync(line);
        using var shown = JsonDocument.Parse(await _folder.DoAsync("display --file-path @manifest --display-type manifest --json"));
        Assert.Equal(31, shown.RootElement.GetProperty("namespace").GetProperty("nonce").GetInt32());
        Assert.Equal("8.8.8.8", shown.RootElement.GetProperty("dns").GetProperty("resolvers")[1].GetString());
        Assert.Contains("v2 manifests cannot", await _folder.RefusedAsync("json-to-borsh --file-path @manifest --display-type manifest --output-path @b"), StringComparison.Ordinal);
        Assert.Contains("patch set", await _folder.RefusedAsync(Generate + " --use-manifest-version 2"), StringComparison.Ordinal);
        Assert.Contains("neither name servers", await _folder.RefusedAsync(Generate + " --dns-resolvers []"), StringComparison.Ordinal);
        Assert.Contains("expected 1 or 2", await _folder.RefusedAsync(Generate + " --use-manifest-version 3"), StringComparison.Ordinal);
    }
}
