using Qos.EndToEnd.Local;
using Qos.Protocol;

namespace Qos.EndToEnd.Tests;

/// <summary>A quorum key changes hands: the published programs, from genesis to an app that runs with the new set's shares. Format: docs/protocol/reshare.md.</summary>
public sealed class ReshareTests(ITestOutputHelper output) : NodeTests(output), IDisposable
{
    private const string Held = "--quorum-key genesis/quorum_key.pub --from old --to new --dr-key none";

    private readonly ScriptFolder _folder = new();

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_key_changes_hands_and_an_app_runs_with_the_new_shares()
    {
        await GenesisAsync();
        await RequestAsync();
        await using (LocalNode node = await ReshareNodeAsync())
        {
            await RunAsync(node);
            await PostAsync(node, "alice");
            await PostAsync(node, "bob");
            await FetchAsync(node, "reshare");
            Assert.Equal(ProtocolPhase.GenesisBooted, await node.PhaseAsync());
            Assert.Equal([".qos.lock"], Directory.EnumerateFileSystemEntries(node.Directory).Select(Path.GetFileName));
        }

        await AcceptAsync("reshare");
        await DrillAsync();

        // A manifest that names the new set; its members provision the node with their new shares.
        await using LocalNode app = await ReshareNodeAsync();
        await _folder.RunAsync($"""
            cp {Programs.Find("qos-sample-echo")} app
            qos manifest new --out manifest --namespace test/reshare --nonce 2 --pivot app --restart always --arg=--port --arg 3000 --manifest-set new --share-set new --quorum-key reshare/quorum_key.pub --pcrs release.pcrs --pcr3 $(cut -c1-96 pcr3) --root root.pem --qos-commit test --accept-warnings
            for who in carol dave erin; do
                qos manifest approve manifest --secret $who.secret --alias $who --out-dir manifest-approvals --manifest-set new --share-set new --quorum-key genesis/quorum_key.pub --pivot app --pcrs release.pcrs --root root.pem --yes --accept-warnings
            done
            qos manifest envelope --manifest manifest --approvals manifest-approvals --out envelope
            qos node boot --host {Host(app)} --envelope envelope --pivot app
            for who in carol dave erin; do
                qos share give --host {Host(app)} --envelope envelope --share $who.share --secret $who.secret --alias $who --manifest-set new --share-set new --quorum-key genesis/quorum_key.pub --pcrs release.pcrs --root root.pem --yes --accept-warnings
            done
            """);
        Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, await app.PhaseAsync());

        // All of it in one archive, which verifies by itself.
        await File.WriteAllBytesAsync(_folder["boot-proof.json"], await app.Http.GetByteArrayAsync("qos/boot-proof"));
        await _folder.RunAsync($"""
            qos node envelope --host {Host(app)} --out provisioned
            held="--quorum-key genesis/quorum_key.pub --pcrs release.pcrs --root root.pem"
            qos audit genesis reshare drill provisioned $held --manifest-set new
            qos proof bundle --proof boot-proof.json --history genesis --history reshare --history drill --history provisioned --recipe manifest $held --out bundle.tar
            qos verify bundle bundle.tar $held
            """);
        Assert.Contains(
            "is not in the history",
            await _folder.RefusedAsync("qos proof bundle --proof boot-proof.json --history genesis --history reshare --quorum-key genesis/quorum_key.pub --pcrs release.pcrs --root root.pem --out other.tar"),
            StringComparison.Ordinal);
    }

    /// <summary>Whatever is killed, and when: the ceremony goes on, or begins anew with the same request and the same approvals, and nobody has lost a share.</summary>
    [Theory]
    [InlineData("host", 0)]
    [InlineData("host", 1)]
    [InlineData("host", 2)]
    [InlineData("enclave", 0)]
    [InlineData("enclave", 1)]
    [InlineData("enclave", 2)]
    public async Task Nothing_that_is_killed_ends_the_ceremony_for_good(string victim, int posts)
    {
        await GenesisAsync();
        await RequestAsync();
        string[] members = ["alice", "bob"];
        await using (LocalNode node = await ReshareNodeAsync())
        {
            await RunAsync(node);
            foreach (string member in members[..posts])
                await PostAsync(node, member);
            if (victim == "host")
            {
                await node.Host.KillAsync();
                node.StartHost();
                await node.HostAnswersAsync();
                // The node is where it was, and takes the same request for what it is.
                await RunAsync(node);
                foreach (string member in members[posts..])
                    await PostAsync(node, member);
                await FetchAsync(node, "reshare");
            }
            else
            {
                await node.Enclave.KillAsync();
                await _folder.RefusedAsync($"qos reshare fetch --host {Host(node)} --request request --out reshare --pcrs release.pcrs --root root.pem");
            }
        }

        if (victim == "enclave")
        {
            await using LocalNode another = await ReshareNodeAsync();
            await RunAsync(another);
            foreach (string member in members)
                await PostAsync(another, member);
            await FetchAsync(another, "reshare");
        }

        await AcceptAsync("reshare");
        await DrillAsync();
    }

    private Task<LocalNode> ReshareNodeAsync() => NodeAsync(new NodeSetup { PkiFolder = _folder["pki"] });

    private static string Host(LocalNode node) => $"http://{node.HostAddress}";

    private async Task GenesisAsync()
    {
        await using LocalNode node = await ReshareNodeAsync();
        await _folder.RunAsync($"""
            cp {node.In("root.pem")} root.pem
            cp {node.In("release.pcrs")} release.pcrs
            grep PCR3 release.pcrs > pcr3
            mkdir old new
            for who in alice bob carol dave erin; do qos key new $who; done
            cp alice.pub bob.pub old
            cp carol.pub dave.pub erin.pub new
            echo 2 > old/quorum_threshold
            echo 3 > new/quorum_threshold
            qos genesis run --host {Host(node)} --share-set old --out genesis --pcrs release.pcrs --root root.pem
            for who in alice bob; do
                qos genesis accept --dir genesis --secret $who.secret --alias $who --out $who.share --share-set old --dr-key none --pcrs release.pcrs --root root.pem --yes
            done
            """);
    }

    private async Task RequestAsync() => await _folder.RunAsync($"""
        qos reshare new {Held} --pcrs release.pcrs --pcr3 $(cut -c1-96 pcr3) --out request
        for who in alice bob; do
            qos reshare approve request --secret $who.secret --alias $who {Held} --pcrs release.pcrs --out-dir approvals --yes
        done
        """);

    private async Task RunAsync(LocalNode node) => await _folder.RunAsync(
        $"qos reshare run --host {Host(node)} --request request --approvals approvals --pcrs release.pcrs --root root.pem");

    private async Task PostAsync(LocalNode node, string member) => await _folder.RunAsync(
        $"qos reshare post --host {Host(node)} --request request --share {member}.share --secret {member}.secret --alias {member} {Held} --pcrs release.pcrs --root root.pem --yes");

    private async Task FetchAsync(LocalNode node, string folder) => await _folder.RunAsync(
        $"qos reshare fetch --host {Host(node)} --request request --out {folder} --pcrs release.pcrs --root root.pem");

    private async Task AcceptAsync(string folder) => await _folder.RunAsync($"""
        for who in carol dave erin; do
            qos reshare accept --dir {folder} --secret $who.secret --alias $who --share $who.share {Held} --pcrs release.pcrs --root root.pem --yes
        done
        cmp genesis/quorum_key.pub {folder}/quorum_key.pub
        """);

    private async Task DrillAsync()
    {
        await using LocalNode node = await ReshareNodeAsync();
        await _folder.RunAsync($"""
            held="--quorum-key genesis/quorum_key.pub --from new --pcrs release.pcrs"
            qos drill new $held --pcr3 $(cut -c1-96 pcr3) --out drill-request
            for who in carol dave erin; do qos drill approve drill-request --secret $who.secret --alias $who $held --out-dir drill-approvals --yes; done
            qos drill run --host {Host(node)} --request drill-request --approvals drill-approvals --pcrs release.pcrs --root root.pem
            for who in carol dave erin; do
                qos drill post --host {Host(node)} --request drill-request --share $who.share --secret $who.secret --alias $who $held --root root.pem --yes
            done
            qos drill fetch --host {Host(node)} --request drill-request --out drill --pcrs release.pcrs --root root.pem
            qos drill verify --dir drill $held --root root.pem --time document
            """);
    }
}
