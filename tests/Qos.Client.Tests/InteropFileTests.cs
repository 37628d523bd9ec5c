using System.Text;
using Qos.Keys;
using Qos.Nsm;
using Qos.Protocol;
using Qos.Vectors;
using Qos.Verify;

namespace Qos.Client.Tests;

/// <summary>What other tools of the protocol write, and what comes from outside besides.</summary>
public sealed class InteropFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Members_are_sorted_by_the_bytes_of_their_aliases_and_not_by_file_name()
    {
        foreach (string alias in (string[])["a", "a-b", "\U0001F600", "\uFF21", "B"])
            WriteKey(alias);
        _folder.Write("quorum_threshold", "2\n");
        Assert.Equal(["B", "a", "a-b", "\uFF21", "\U0001F600"], MemberSetDirectory.Read(_folder.Path).Members.Select(static member => member.Alias));
    }

    [Fact]
    public void An_alias_ends_at_the_first_dot_where_that_is_asked_for()
    {
        WriteKey("a.b");
        _folder.Write("quorum_threshold", "1");
        Assert.Equal("a.b", MemberSetDirectory.Read(_folder.Path).Members[0].Alias);
        Assert.Equal("a", MemberSetDirectory.Read(_folder.Path, aliasEndsAtFirstDot: true).Members[0].Alias);
    }

    [Theory]
    [InlineData("manifest-set")]
    [InlineData("share-set")]
    public void The_references_sets_are_read(string set)
    {
        string folder = VectorFiles.PathOf("qos", "integration-mock", "keys", set);
        MemberSet read = MemberSetDirectory.Read(folder);
        Assert.Equal(2u, read.Threshold);
        Assert.Equal(["user1", "user2", "user3"], read.Members.Select(static member => member.Alias));
        Assert.Equal(
            read.Members.Select(member => VectorFiles.Text("qos", "integration-mock", "keys", set, $"{member.Alias}.pub").Trim()),
            read.Members.Select(static member => Convert.ToHexStringLower(member.PubKey.Span)));
    }

    [Fact]
    public void The_references_release_and_role_are_read()
    {
        Assert.True(File.Exists(VectorFiles.PathOf("qos", "integration-mock", "dist", "release.env")));
        IReadOnlyDictionary<int, byte[]> release = PcrFile.Read(VectorFiles.PathOf("qos", "integration-mock", "dist", "aws-x86_64.pcrs"));
        Assert.Equal([0, 1, 2], release.Keys);
        Assert.Equal(
            "arn:aws:iam::123456789012:role/Webserver",
            InputFile.Text(VectorFiles.PathOf("qos", "integration-mock", "namespaces", "pcr3-preimage.txt")));
    }

    [Fact]
    public void A_patch_set_is_sorted_by_its_keys()
    {
        string[] keys = [WriteKey("a"), WriteKey("b"), WriteKey("c")];
        _folder.Write("quorum_threshold", "9");
        PatchSet set = MemberSetDirectory.ReadPatchSet(_folder.Path);
        Assert.Equal(9u, set.Threshold);
        Assert.Equal(keys.Order(StringComparer.Ordinal), set.Members.Select(static key => Convert.ToHexStringLower(key.Span)));
    }

    [Fact]
    public void A_forwarded_key_is_read_as_it_was_written()
    {
        byte[] bytes = ForwardedKeyFile.Format(new ProtocolMessage.ExportKeyResponse(new byte[] { 1, 2 }, new byte[] { 3 }));
        Assert.Equal("""{"encrypted_quorum_key":"0102","signature":"03"}""", Encoding.UTF8.GetString(bytes));
        ProtocolMessage.InjectKeyRequest read = ForwardedKeyFile.Read(_folder.Write("key", Encoding.UTF8.GetString(bytes)));
        Assert.Equal("0102 03", $"{Convert.ToHexString(read.EncryptedQuorumKey.Span)} {Convert.ToHexString(read.Signature.Span)}");
    }

    [Theory]
    [InlineData("""{"encrypted_quorum_key":"0102"}""")]
    [InlineData("""{"encrypted_quorum_key":"0102","signature":"03","more":1}""")]
    [InlineData("""{"encrypted_quorum_key":"0102","signature":"03"} """ + "x")]
    [InlineData("""{"encrypted_quorum_key":"01","encrypted_quorum_key":"02","signature":"03"}""")]
    [InlineData("""{"encrypted_quorum_key":"0g","signature":"03"}""")]
    [InlineData("[]")]
    [InlineData("")]
    public void Something_else_is_no_forwarded_key(string text) =>
        Assert.Contains("is not a forwarded key", Assert.Throws<CeremonyException>(() => ForwardedKeyFile.Read(_folder.Write("key", text))).Message, StringComparison.Ordinal);

    [Fact]
    public void Bridges_are_read_from_a_manifests_JSON() => Assert.Equal(
        [new BridgeConfig.Server(3000, "0.0.0.0"), new BridgeConfig.Client(443, "api.example.com"), new BridgeConfig.Client(80, null)],
        BridgeText.ParseJson("""[{"type":"server","port":3000,"host":"0.0.0.0"},{"host":"api.example.com","port":443,"type":"client"},{"type":"client","port":80,"host":null}]"""));

    [Theory]
    [InlineData("""[{"type":"server","port":3000}]""")]
    [InlineData("""[{"type":"server","port":70000,"host":"0.0.0.0"}]""")]
    [InlineData("""[{"type":"other","port":3000,"host":"0.0.0.0"}]""")]
    [InlineData("""[{"type":"server","port":3000,"host":"0.0.0.0","more":1}]""")]
    [InlineData("""[{"type":"client","port":80},{"type":"server","port":80,"host":"0.0.0.0"}]""")]
    [InlineData("""{"type":"client","port":80}""")]
    [InlineData("")]
    public void Something_else_is_no_list_of_bridges(string text) => Assert.ThrowsAny<FormatException>(() => BridgeText.ParseJson(text));

    private string WriteKey(string alias)
    {
        using KeySet key = KeySet.Generate(SystemRandomSource.Instance);
        KeySource.WritePublic(_folder[alias + ".pub"], key.PublicKey);
        return key.PublicKey.ToHex();
    }
}
