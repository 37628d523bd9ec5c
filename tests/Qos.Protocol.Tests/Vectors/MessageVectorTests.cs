using System.Text;
using System.Text.Json;
using Qos.Vectors;

namespace Qos.Protocol.Tests;

/// <summary>Every message of <c>protocol_msgs.json</c>, in both encodings and across, with the refusals.</summary>
public sealed class MessageVectorTests
{
    public static TheoryData<string> Names()
    {
        var names = new TheoryData<string>();
        foreach (string name in Cases().Keys)
            names.Add(name);
        return names;
    }

    [Fact]
    public void There_are_74_messages() => Assert.Equal(74, Cases().Count);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_message_is_read_and_written_as_the_reference_does(string name)
    {
        Case vector = Cases()[name];
        if (vector.Json is { } json)
        {
            DecodedMessage decoded = MessageCodec.Decode(Encoding.UTF8.GetBytes(json));
            Assert.Equal(WireEncoding.Json, decoded.Encoding);
            AssertForms(vector, decoded.Message);
        }

        if (vector.Borsh is { } borsh)
        {
            DecodedMessage decoded = MessageCodec.Decode(Convert.FromHexString(borsh));
            Assert.Equal(WireEncoding.Borsh, decoded.Encoding);
            AssertForms(vector, decoded.Message);
        }
    }

    private static void AssertForms(Case vector, ProtocolMessage message)
    {
        if (vector.Json is { } json)
            Assert.Equal(json, Encoding.UTF8.GetString(MessageCodec.Encode(message, WireEncoding.Json)));
        else
            Assert.Equal(vector.JsonError, Refusal(message, WireEncoding.Json));

        if (vector.Borsh is { } borsh)
            Assert.Equal(borsh, Convert.ToHexStringLower(MessageCodec.Encode(message, WireEncoding.Borsh)));
        else
            Assert.Equal(vector.BorshError, Refusal(message, WireEncoding.Borsh));
    }

    private static string Refusal(ProtocolMessage message, WireEncoding encoding) =>
        Assert.Throws<ProtocolException>(() => MessageCodec.Encode(message, encoding)).Error.Code.ToString();

    private static Dictionary<string, Case> Cases()
    {
        using JsonDocument document = JsonDocument.Parse(VectorFiles.Bytes("qos", "reference_generated", "protocol_msgs.json"));
        return document.RootElement.EnumerateArray().ToDictionary(
            entry => entry.GetProperty("name").GetString()!,
            entry => new Case(Text(entry, "json_wire"), Text(entry, "json_err"), Text(entry, "borsh_wire"), Text(entry, "borsh_err")));
    }

    private static string? Text(JsonElement entry, string name) => entry.GetProperty(name).GetString();

    private sealed record Case(string? Json, string? JsonError, string? Borsh, string? BorshError);
}
