using System.Text;
using System.Text.Json.Nodes;
using Qos.Serialization;

namespace Qos.Protocol.Tests;

/// <summary>Name servers: one text for each address.</summary>
public sealed class AddressTests
{
    [Theory]
    [InlineData("1.1.1.1", "1.1.1.1")]
    [InlineData("2606:4700:4700::1111", "2606:4700:4700::1111")]
    [InlineData("2606:4700:4700:0:0:0:0:1111", "2606:4700:4700::1111")]
    [InlineData("2001:DB8::1", "2001:db8::1")]
    [InlineData("::", "::")]
    [InlineData("::1", "::1")]
    [InlineData("1::", "1::")]
    [InlineData("::ffff:1.2.3.4", "::ffff:1.2.3.4")]
    [InlineData("::ffff:102:304", "::ffff:1.2.3.4")]
    [InlineData("::1.2.3.4", "::102:304")]
    [InlineData("1:0:0:2:0:0:0:3", "1:0:0:2::3")]
    [InlineData("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7")]
    [InlineData("fe80::0:5efe:1.2.3.4", "fe80::5efe:102:304")]
    public void An_address_is_written_in_its_one_form(string text, string written)
    {
        Manifest manifest = ManifestFormat.Read(With(text));
        Assert.Contains($"\"dns\":{{\"resolvers\":[\"{written}\"]}}", Encoding.UTF8.GetString(ManifestFormat.Write(manifest)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.1.1")]
    [InlineData("01.1.1.1")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("256.1.1.1")]
    [InlineData("1.1.1.1 ")]
    [InlineData("fe80::1%eth0")]
    [InlineData("fe80::1%1")]
    [InlineData("[::1]")]
    [InlineData("[::1]:53")]
    [InlineData("::1/64")]
    [InlineData("::ffff:01.2.3.4")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("::12345")]
    [InlineData("not-an-ip")]
    public void Anything_else_is_refused(string text) =>
        Assert.Throws<EncodingException>(() => ManifestFormat.Read(With(text)));

    private static byte[] With(string address)
    {
        JsonNode json = JsonNode.Parse(ManifestFormat.Write(Sample.Manifest()))!;
        json["dns"] = new JsonObject { ["resolvers"] = new JsonArray(address) };
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }
}
