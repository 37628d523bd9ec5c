using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Qos.Protocol;

namespace Qos.Node.Tests;

/// <summary>
/// "Does this change need shares?", member by member of a manifest: the table in docs/forwarding.md, what two manifests say, and what two nodes do,
/// are one answer. Format: docs/protocol/messages.md, Key forwarding.
/// </summary>
public sealed class ForwardDecisionTests
{
    private static readonly byte[] s_pivot = [7, 7, 7];

    // What a change of each member is, by the member's path in the JSON.
    private static readonly Dictionary<string, Func<Manifest, TestQuorum, Manifest>> s_changes = new(StringComparer.Ordinal)
    {
        ["namespace.name"] = static (m, _) => m with { Namespace = m.Namespace with { Name = "test/other" } },
        ["namespace.quorumKey"] = static (m, q) => m with { Namespace = m.Namespace with { QuorumKey = q.Holders[0].Member.PubKey } },
        ["pivot.hash"] = static (m, _) => m with { Pivot = m.Pivot with { Hash = SHA256.HashData(s_pivot) } },
        ["pivot.restart"] = static (m, _) => m with { Pivot = m.Pivot with { Restart = RestartPolicy.Never } },
        ["pivot.bridgeConfig[].type"] = static (m, _) => m with { Pivot = m.Pivot with { BridgeConfig = [new BridgeConfig.Client(3000, "0.0.0.0")] } },
        ["pivot.bridgeConfig[].port"] = static (m, _) => m with { Pivot = m.Pivot with { BridgeConfig = [new BridgeConfig.Server(3001, "0.0.0.0")] } },
        ["pivot.bridgeConfig[].host"] = static (m, _) => m with { Pivot = m.Pivot with { BridgeConfig = [new BridgeConfig.Server(3000, "127.0.0.1")] } },
        ["pivot.debugMode"] = static (m, _) => m with { Pivot = m.Pivot with { DebugMode = true } },
        ["pivot.args[]"] = static (m, _) => m with { Pivot = m.Pivot with { Args = ["--other"] } },
        ["pivot.env"] = static (m, _) => m with { Pivot = m.Pivot with { Env = new Dictionary<string, string> { ["A"] = "2" } } },
        ["manifestSet.threshold"] = static (m, _) => m with { ManifestSet = m.ManifestSet with { Threshold = 3 } },
        ["manifestSet.members[].alias"] = static (m, _) => m with { ManifestSet = Renamed(m.ManifestSet) },
        ["manifestSet.members[].pubKey"] = static (m, q) => m with { ManifestSet = Rekeyed(m.ManifestSet, q) },
        ["shareSet.threshold"] = static (m, _) => m with { ShareSet = m.ShareSet with { Threshold = 1 } },
        ["shareSet.members[].alias"] = static (m, _) => m with { ShareSet = Renamed(m.ShareSet) },
        ["shareSet.members[].pubKey"] = static (m, q) => m with { ShareSet = Rekeyed(m.ShareSet, q) },
        ["enclave.pcr0"] = static (m, _) => m with { Enclave = m.Enclave with { Pcr0 = TestQuorum.PcrValue(9) } },
        ["enclave.pcr1"] = static (m, _) => m with { Enclave = m.Enclave with { Pcr1 = TestQuorum.PcrValue(9) } },
        ["enclave.pcr2"] = static (m, _) => m with { Enclave = m.Enclave with { Pcr2 = TestQuorum.PcrValue(9) } },
        ["enclave.pcr3"] = static (m, _) => m with { Enclave = m.Enclave with { Pcr3 = TestQuorum.PcrValue(9) } },
        ["enclave.awsRootCertificate"] = static (m, _) => m with { Enclave = m.Enclave with { AwsRootCertificate = Nsm.AwsRoot.Der.ToArray() } },
        ["enclave.qosCommit"] = static (m, _) => m with { Enclave = m.Enclave with { QosCommit = "other" } },
        ["dns.resolvers[]"] = static (m, _) => m with { Dns = new DnsConfig([IPAddress.Parse("10.0.0.3")]) },
        ["patchSet.threshold"] = static (m, _) => m with { PatchSet = m.PatchSet! with { Threshold = 1 } },
        ["patchSet.members[].pubKey"] = static (m, q) => m with { PatchSet = m.PatchSet! with { Members = [q.Holders[0].Member.PubKey] } },
    };

    public static TheoryData<string> Members => [.. s_changes.Keys];

    [Theory]
    [MemberData(nameof(Members))]
    public void Table_manifests_and_nodes_agree(string member)
    {
        using var quorum = new TestQuorum();
        Manifest before = Full(quorum, IsOfV1(member));
        Manifest changed = s_changes[member](before, quorum);
        Assert.NotEqual(before.Hash(), changed.Hash());

        bool isForwarded = Table()[member];
        using TestNode old = Provisioned(quorum, before);
        Check(old, quorum, before, WithNonce(changed, 6), isForwarded);
        Check(old, quorum, before, changed, isForwarded: false);
        Check(old, quorum, before, WithNonce(changed, 4), isForwarded: false);
    }

    [Fact]
    public void Every_member_of_a_manifest_is_in_the_table_and_changed_by_a_test()
    {
        using var quorum = new TestQuorum();
        var paths = new SortedSet<string>(StringComparer.Ordinal);
        foreach (bool isV1 in (bool[])[false, true])
        {
            using JsonDocument json = JsonDocument.Parse(ManifestFormat.Write(Full(quorum, isV1)));
            Leaves(json.RootElement, "", paths);
        }

        paths.ExceptWith(["version", "namespace.nonce"]);
        Assert.Equal(paths, new SortedSet<string>(s_changes.Keys, StringComparer.Ordinal));
        Assert.Equal(paths, new SortedSet<string>(Table().Keys, StringComparer.Ordinal));
    }

    [Fact]
    public void Another_version_is_forwarded_to_and_the_same_manifest_is()
    {
        using var quorum = new TestQuorum();
        Manifest v1 = Full(quorum, isV1: true);
        Manifest v2 = Full(quorum, isV1: false);
        using (TestNode old = Provisioned(quorum, v1))
        {
            Check(old, quorum, v1, WithNonce(v2, 6), isForwarded: true);
            Check(old, quorum, v1, v1, isForwarded: true);
            Check(old, quorum, v1, v2, isForwarded: false);
        }

        using TestNode later = Provisioned(quorum, v2);
        Check(later, quorum, v2, WithNonce(v1, 6), isForwarded: true);
        Check(later, quorum, v2, WithNonce(v2, uint.MaxValue), isForwarded: true);
        Check(later, quorum, v2, WithNonce(v2, 0), isForwarded: false);
    }

    private static void Check(TestNode old, TestQuorum quorum, Manifest before, Manifest after, bool isForwarded)
    {
        IReadOnlyList<ProtocolError> said = ForwardChecks.Differences(before, after);
        Assert.True(isForwarded == (said.Count == 0), $"expected {(isForwarded ? "none" : "an obstacle")}, found {string.Join("; ", said)}");

        using var successor = new TestNode(quorum, seed: 200, measuredAs: after);
        ManifestEnvelope envelope = quorum.Approve(after);
        byte[] pivot = after.Pivot.Hash.Span.SequenceEqual(SHA256.HashData(s_pivot)) ? s_pivot : quorum.Pivot;
        successor.Expect<ProtocolMessage.BootKeyForwardResponse>(new ProtocolMessage.BootKeyForwardRequest(envelope, pivot));
        var request = new ProtocolMessage.ExportKeyRequest(envelope, successor.DocumentBytes());
        if (!isForwarded)
        {
            Assert.Equal(said[0], old.Refused(request));
            return;
        }

        var exported = old.Expect<ProtocolMessage.ExportKeyResponse>(request);
        successor.Expect<ProtocolMessage.InjectKeyResponse>(new ProtocolMessage.InjectKeyRequest(exported.EncryptedQuorumKey, exported.Signature));
        Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, successor.Phase);
    }

    private static TestNode Provisioned(TestQuorum quorum, Manifest manifest)
    {
        var node = new TestNode(quorum);
        node.Expect<ProtocolMessage.BootStandardResponse>(new ProtocolMessage.BootStandardRequest(quorum.Approve(manifest), quorum.Pivot));
        Keys.PublicKey setup = node.EphemeralKey();
        for (int holder = 0; holder < 2; holder++)
        {
            node.Expect<ProtocolMessage.ProvisionResponse>(
                new ProtocolMessage.ProvisionRequest(setup.Encrypt(quorum.Shares[holder].Span, quorum.Random), quorum.Holders[holder].Approve(manifest)));
        }

        Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, node.Phase);
        return node;
    }

    // A manifest that has every member that there is.
    private static Manifest Full(TestQuorum quorum, bool isV1) => isV1
        ? quorum.Manifest with { Version = ManifestVersion.V1, PatchSet = new PatchSet(0, [quorum.Holders[1].Member.PubKey]) }
        : quorum.Manifest with
        {
            Pivot = quorum.Manifest.Pivot with { Env = new Dictionary<string, string> { ["A"] = "1" } },
            Dns = new DnsConfig([IPAddress.Parse("10.0.0.2")]),
        };

    private static bool IsOfV1(string member) => member.StartsWith("patchSet.", StringComparison.Ordinal);

    private static Manifest WithNonce(Manifest manifest, uint nonce) => manifest with { Namespace = manifest.Namespace with { Nonce = nonce } };

    private static MemberSet Renamed(MemberSet set) => set with { Members = [.. set.Members.Take(2), set.Members[2] with { Alias = "renamed" }] };

    private static MemberSet Rekeyed(MemberSet set, TestQuorum quorum) =>
        set with { Members = [.. set.Members.Take(2), set.Members[2] with { PubKey = quorum.Key.PublicKey.Memory }] };

    private static void Leaves(JsonElement element, string path, SortedSet<string> paths)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object when path != "pivot.env":
                foreach (JsonProperty member in element.EnumerateObject())
                    Leaves(member.Value, path.Length == 0 ? member.Name : $"{path}.{member.Name}", paths);
                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                    Leaves(item, path + "[]", paths);
                break;
            default:
                paths.Add(path);
                break;
        }
    }

    // The rows that name one member, with the answer.
    private static Dictionary<string, bool> Table() => File.ReadLines(Page())
        .Select(static line => line.Split('|', StringSplitOptions.TrimEntries))
        .Where(static cells => cells.Length == 5 && cells[2] is "forwarded" or "**shares**" && cells[1].StartsWith('`') && cells[1].EndsWith('`') && cells[1] != "`version`")
        .ToDictionary(static cells => cells[1].Trim('`'), static cells => cells[2] == "forwarded", StringComparer.Ordinal);

    private static string Page()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Qos.sln")))
                return Path.Combine(folder.FullName, "docs", "forwarding.md");
        }

        throw new DirectoryNotFoundException($"No folder with Qos.sln above {AppContext.BaseDirectory}.");
    }
}
