using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Qos.Protocol;
using Qos.Vectors;

namespace Qos.Client.Tests;

/// <summary>Whatever is in a file or a word: it is what it says, or it is refused in one line.</summary>
public sealed class ParserTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Bridges_come_back_from_their_word()
    {
        Prop.ForAll<ushort, NonEmptyString, bool>(static (port, host, isNamed) =>
        {
            BridgeConfig[] bridges = [new BridgeConfig.Server(port, host.Get), new BridgeConfig.Client(port, isNamed ? host.Get : null)];
            foreach (BridgeConfig bridge in bridges.Where(static bridge => bridge.Port != 0))
                Assert.Equal(bridge, BridgeText.Parse(BridgeText.Format(bridge)));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Any_word_is_a_bridge_or_refused() => ForTexts(
        ["server", "client", ":", "3000", "0", "65536", "-", "+", " ", "::1", "\u001b", "é", "host"],
        static text => Assert.Equal(BridgeText.Parse(text), BridgeText.Parse(BridgeText.Format(BridgeText.Parse(text)))));

    [Fact]
    public void Any_json_is_a_list_of_bridges_or_refused() => ForTexts(
        [
            "[", "]", "{", "}", ",", ":", "\"type\"", "\"server\"", "\"client\"", "\"port\"", "3000", "\"3001\"", "\"host\"", "\"h\"", "null",
            "[{\"type\":\"server\",\"port\":1,\"host\":\"h\"}", "[{\"type\":\"client\",\"port\":2}]",
        ],
        static text => Assert.DoesNotContain(BridgeText.ParseJson(text).GroupBy(static bridge => bridge.Port), static group => group.Count() > 1));

    [Fact]
    public void Any_text_is_a_variable_or_refused() => ForTexts(["A", "=", "", " ", "\0", "\u001b", "é"], static text =>
    {
        (string name, string value) = ManifestRecipe.ParseVariable(text);
        Assert.Equal(text, $"{name}={value}");
        Assert.DoesNotContain('=', name);
        Assert.NotEmpty(name);
    });

    [Fact]
    public void Any_text_is_an_address_in_its_one_form_or_refused() => ForTexts(
        ["1", "10", ".", "0", "::", ":", "f", "256", "%", "[", "]", "0x"],
        static text => Assert.Equal(text, ManifestRecipe.ParseResolver(text).ToString()));

    [Fact]
    public void A_forwarded_key_comes_back()
    {
        Prop.ForAll<byte[], byte[]>((envelope, signature) =>
        {
            var key = new ProtocolMessage.ExportKeyResponse(envelope, signature);
            ProtocolMessage.InjectKeyRequest read = ForwardedKeyFile.Read(_folder.Write("key", Encoding.UTF8.GetString(ForwardedKeyFile.Format(key))));
            Assert.Equal(envelope, read.EncryptedQuorumKey.ToArray());
            Assert.Equal(signature, read.Signature.ToArray());
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Any_file_is_a_forwarded_key_or_refused() => ForTexts(
        ["{", "}", ":", ",", "\"encrypted_quorum_key\"", "\"signature\"", "\"00ff\"", "\"0g\"", "\"", "null", "\u001b", "\"signature\":\"00\"}", "{\"encrypted_quorum_key\":\"01\","],
        text => ForwardedKeyFile.Read(_folder.Write("key", text)));

    [Fact]
    public void Any_file_is_a_pivots_hash_or_refused() => ForTexts(
        ["0123456789abcdef", "0123456789ABCDEF0123456789abcdef", "\n", " ", "g", "0x", "é"],
        text => Assert.Equal(text.Trim().ToUpperInvariant(), Convert.ToHexString(PivotFile.ReadHash(_folder.Write("hash", text)))));

    [Fact]
    public void Any_file_is_a_threshold_or_refused()
    {
        File.Copy(VectorFiles.PathOf("qos", "golden", "primary.pub"), _folder["dev.pub"]);
        ForTexts(["1", "0", "\n", " ", "-", "+", "x", "\u0661", "2"], text =>
        {
            _folder.Write("quorum_threshold", text);
            Assert.Equal(1u, MemberSetDirectory.Read(_folder.Path).Threshold);
            Assert.Matches(@"^\s*0*1\s*$", text);
        });
    }

    [Fact]
    public void Any_file_is_a_root_or_refused()
    {
        string pem = VectorFiles.Text("qos", "aws_root_cert.pem");
        byte[] der = TrustAnchorFile.Read(VectorFiles.PathOf("qos", "aws_root_cert.pem"));
        Prop.ForAll<int, byte, bool>((at, value, isPem) =>
        {
            byte[] bytes = isPem ? Encoding.ASCII.GetBytes(pem) : [.. der];
            bytes[(int)((uint)at % bytes.Length)] = value;
            File.WriteAllBytes(_folder["root"], bytes);
            AssertReadOrRefused($"byte {at} = {value}, PEM {isPem}", () => TrustAnchorFile.Read(_folder["root"]));
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>Texts made of the pieces in any order; fewer and simpler ones are tried when one fails.</summary>
    private static void ForTexts(string[] pieces, Action<string> read) => Prop.ForAll<int[]>(choices =>
    {
        string text = string.Concat(choices.Select(choice => pieces[(int)((uint)choice % pieces.Length)]));
        AssertReadOrRefused(text, () => read(text));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    private static void AssertReadOrRefused(string input, Action read)
    {
        try
        {
            read();
        }
        catch (Exception e) when (e is FormatException or CeremonyException)
        {
            Assert.False(e.Message.Any(char.IsControl), $"'{VisibleText.Escape(input)}': {VisibleText.Escape(e.Message)}");
        }
    }
}
