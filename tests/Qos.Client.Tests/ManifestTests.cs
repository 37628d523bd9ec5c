using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Vectors;

namespace Qos.Client.Tests;

/// <summary>Making, reviewing and comparing manifests.</summary>
public sealed class ManifestTests : IDisposable
{
    private readonly KeySet _alice = KeySet.Generate(SystemRandomSource.Instance);
    private readonly KeySet _bob = KeySet.Generate(SystemRandomSource.Instance);

    private ManifestRecipe Recipe => new()
    {
        Namespace = "test/app",
        Nonce = 7,
        QuorumKey = _alice.PublicKey,
        PivotHash = new byte[32],
        ManifestSet = new MemberSet(1, [new QuorumMember("alice", _alice.PublicKey.Memory)]),
        ShareSet = new MemberSet(1, [new QuorumMember("bob", _bob.PublicKey.Memory)]),
        Pcrs = Enumerable.Range(0, 4).ToDictionary(static index => index, static index => Enumerable.Repeat((byte)(index + 1), Pcr.Size).ToArray()),
    };

    public void Dispose()
    {
        _alice.Dispose();
        _bob.Dispose();
    }

    [Fact]
    public void What_is_made_reads_back_the_same()
    {
        Manifest manifest = (Recipe with { Env = ["B=2", "A=1=1", "C="], Bridges = [BridgeText.Parse("client:443")], Args = ["", "--x"] }).Build();
        byte[] stored = ManifestFormat.Write(manifest);
        Manifest again = ManifestFormat.Read(stored);
        Assert.Equal(stored, ManifestFormat.Write(again));
        Assert.Equal(["A", "B", "C"], again.Pivot.Env.Keys);
        Assert.Equal("1=1", again.Pivot.Env["A"]);
        Assert.Empty(ManifestDifference.Between(manifest, again));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_missing_measurement_is_named(int index)
    {
        Dictionary<int, byte[]> pcrs = new(Recipe.Pcrs);
        pcrs.Remove(index);
        CeremonyException refused = Assert.Throws<CeremonyException>(() => (Recipe with { Pcrs = pcrs }).Build());
        Assert.Contains($"PCR{index}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_approval_holds_by_its_signature_and_not_by_its_name()
    {
        Manifest manifest = Recipe.Build();
        Approval alice = ManifestApproval.Sign(manifest, "alice", _alice);
        var forged = new Approval(alice.Signature, new QuorumMember("bob", _bob.PublicKey.Memory));
        Assert.Equal([alice], ManifestApproval.Holding(manifest, manifest.ManifestSet, [forged, alice, ManifestApproval.Sign(manifest, "alice", _bob), alice with { Signature = new byte[64] }]));
        Assert.Empty(ManifestApproval.Holding(manifest, manifest.ShareSet, [alice, forged]));
        Assert.Empty(ManifestApproval.Holding((Recipe with { Nonce = 8 }).Build(), manifest.ManifestSet, [alice]));
    }

    [Fact]
    public void No_name_servers_are_something_else_than_no_word_of_them()
    {
        Manifest without = Recipe.Build();
        Manifest none = (Recipe with { ExplicitDns = new DnsConfig([]) }).Build();
        Assert.NotEqual(without.Hash(), none.Hash());
        Assert.Equal(["dns.resolvers"], ManifestDifference.Between(without, none).Select(static difference => difference.Path));
        Assert.All(ManifestReview.Sections(none), static section => Assert.NotEmpty(section.Fields));
    }

    [Fact]
    public void A_name_server_is_shown_as_it_is_hashed()
    {
        Manifest manifest = (Recipe with { ExplicitDns = new DnsConfig([System.Net.IPAddress.Parse("::1.2.3.4")]) }).Build();
        string shown = ManifestReview.Sections(manifest).SelectMany(static section => section.Fields).Single(static field => field.Path == "dns.resolvers[0]").Value;
        Assert.Contains($"\"{shown}\"", System.Text.Encoding.UTF8.GetString(ManifestFormat.Write(manifest)), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_signatures_that_members_made_over_this_manifest_count_each_once()
    {
        Manifest manifest = (Recipe with
        {
            ManifestSet = new MemberSet(2, [new QuorumMember("alice", _alice.PublicKey.Memory), new QuorumMember("bob", _bob.PublicKey.Memory)]),
        }).Build();
        string alice = _alice.PublicKey.ToHex(), bob = _bob.PublicKey.ToHex();
        ReadOnlyMemory<byte> signature = ManifestApproval.Sign(manifest, "alice", _alice).Signature;
        ReadOnlyMemory<byte> another = ManifestApproval.Sign(Recipe.Build(), "bob", _bob).Signature;
        Assert.Empty(ManifestApproval.Approved(manifest, [(bob, signature), (bob, another), (alice, new byte[3]), ("", signature)]));
        Assert.Equal(["alice"], ManifestApproval.Approved(manifest, [(alice, another), (alice, signature), (alice.ToUpperInvariant(), signature)]).Select(static member => member.Alias));
    }

    [Fact]
    public void A_variable_twice_is_refused() =>
        Assert.Throws<CeremonyException>(() => (Recipe with { Env = ["A=1", "A=2"] }).Build());

    [Theory]
    [InlineData("server:3000", "server:3000:0.0.0.0")]
    [InlineData("server:3000:127.0.0.1", "server:3000:127.0.0.1")]
    [InlineData("server:3000:::1", "server:3000:::1")]
    [InlineData("client:443:api.example.com", "client:443:api.example.com")]
    [InlineData("client:443", "client:443")]
    public void A_bridge_in_a_word(string text, string written) => Assert.Equal(written, BridgeText.Format(BridgeText.Parse(text)));

    [Theory]
    [InlineData("")]
    [InlineData("server")]
    [InlineData("server:")]
    [InlineData("server:0")]
    [InlineData("server:-1")]
    [InlineData("server: 1")]
    [InlineData("server:65536")]
    [InlineData("server:3000:")]
    [InlineData("Server:3000")]
    [InlineData("tcp:3000")]
    public void What_is_no_bridge_is_refused(string text) => Assert.Throws<FormatException>(() => BridgeText.Parse(text));

    [Fact]
    public void Every_change_of_a_member_is_a_difference()
    {
        Manifest manifest = Recipe.Build();
        Manifest[] changed =
        [
            (Recipe with { Namespace = "other" }).Build(),
            (Recipe with { Nonce = 8 }).Build(),
            (Recipe with { QuorumKey = _bob.PublicKey }).Build(),
            (Recipe with { PivotHash = Enumerable.Repeat((byte)1, 32).ToArray() }).Build(),
            (Recipe with { Restart = RestartPolicy.Always }).Build(),
            (Recipe with { DebugMode = true }).Build(),
            (Recipe with { Bridges = [BridgeText.Parse("server:1")] }).Build(),
            (Recipe with { Args = ["x"] }).Build(),
            (Recipe with { Env = ["A=1"] }).Build(),
            (Recipe with { ManifestSet = new MemberSet(2, Recipe.ManifestSet.Members) }).Build(),
            (Recipe with { ShareSet = new MemberSet(1, [new QuorumMember("Bob", _bob.PublicKey.Memory)]) }).Build(),
            (Recipe with { ShareSet = new MemberSet(1, [new QuorumMember("bob", _alice.PublicKey.Memory)]) }).Build(),
            (Recipe with { Root = new byte[] { 1 } }).Build(),
            (Recipe with { QosCommit = "abc" }).Build(),
            (Recipe with { Dns = [System.Net.IPAddress.Loopback] }).Build(),
            .. Enumerable.Range(0, 4).Select(index => (Recipe with { Pcrs = new Dictionary<int, byte[]>(Recipe.Pcrs) { [index] = new byte[48] } }).Build()),
        ];
        Assert.All(changed, other =>
        {
            Assert.Single(ManifestDifference.Between(manifest, other));
            Assert.Single(ManifestDifference.Between(other, manifest));
        });
    }

    [Theory]
    [InlineData("manifest_v0.json")]
    [InlineData("manifest_v1.json")]
    public void An_old_manifest_is_shown_completely(string name)
    {
        Manifest manifest = InputFile.Manifest(VectorFiles.PathOf("qos", "golden", name));
        ManifestField[] fields = [.. ManifestReview.Sections(manifest).SelectMany(static section => section.Fields)];
        Assert.Equal(fields.Length, fields.Select(static field => field.Path).Distinct().Count());
        Assert.Contains(fields, static field => field.Path == "patchSet.threshold");
        Assert.Contains(fields, field => field.Value == Convert.ToHexStringLower(manifest.Pivot.Hash.Span));
    }

    [Fact]
    public void The_manifest_before_must_be_of_the_same_namespace()
    {
        Manifest other = (Recipe with { Namespace = "other" }).Build();
        Assert.Throws<CeremonyException>(() => ManifestReview.Lint(Recipe.Build(), other));
    }

    [Theory]
    [InlineData(6u, false)]
    [InlineData(7u, true)]
    [InlineData(8u, true)]
    public void The_nonce_of_the_manifest_before_must_be_lower(uint before, bool warns) => Assert.Equal(
        warns,
        ManifestReview.Lint(Recipe.Build(), (Recipe with { Nonce = before }).Build()).Any(static finding => finding.Where == "namespace.nonce"));

    [Fact]
    public void Nobody_signs_whose_approval_would_not_count()
    {
        Manifest manifest = Recipe.Build();
        ManifestApproval.RequireMember(manifest, "alice", _alice.PublicKey);
        Assert.Throws<CeremonyException>(() => ManifestApproval.RequireMember(manifest, "alice", _bob.PublicKey));
        Assert.Throws<CeremonyException>(() => ManifestApproval.RequireMember(manifest, "Alice", _alice.PublicKey));
    }

    [Fact]
    public void A_namespace_with_a_control_character_names_no_file() =>
        Assert.Throws<CeremonyException>(() => ManifestApproval.FileName((Recipe with { Namespace = "a\nb" }).Build(), "alice"));
}
