using System.Text;

namespace Qos.Protocol.Tests;

/// <summary>Bodies that are no messages, and messages that an encoding does not have.</summary>
public sealed class MessageRefusalTests
{
    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("1")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\"\"")]
    [InlineData("\"StatusRequest\"")]
    [InlineData("\"status_request\"")]
    [InlineData("\"statusResponse\"")]
    [InlineData("\"bootStandardRequest\"")]
    [InlineData("{\"statusRequest\":{}}")]
    [InlineData("{\"statusRequest\":null}")]
    [InlineData("{\"unknown\":{}}")]
    [InlineData("{\"statusResponse\":\"Waiting\"}")]
    [InlineData("{\"statusResponse\":1}")]
    [InlineData("{\"statusResponse\":\"GenesisBooted\",\"versionResponse\":{\"commit\":\"\",\"version\":\"\"}}")]
    [InlineData("{\"statusResponse\":\"GenesisBooted\",\"statusResponse\":\"GenesisBooted\"}")]
    [InlineData("{\"provisionResponse\":{}}")]
    [InlineData("{\"provisionResponse\":{\"reconstructed\":1}}")]
    [InlineData("{\"provisionResponse\":{\"reconstructed\":\"true\"}}")]
    [InlineData("{\"provisionResponse\":{\"reconstructed\":null}}")]
    [InlineData("{\"provisionResponse\":{\"reconstructed\":true,\"data\":\"\"}}")]
    [InlineData("{\"provisionResponse\":{\"reconstructed\":true,\"extra\":1}}")]
    [InlineData("{\"proxyRequest\":{\"data\":\"0\"}}")]
    [InlineData("{\"proxyRequest\":{\"data\":\"0g\"}}")]
    [InlineData("{\"proxyRequest\":{\"data\":[1]}}")]
    [InlineData("{\"versionResponse\":{\"version\":\"1\"}}")]
    [InlineData("{\"bootStandardJsonEnvelopeRequest\":{}}")]
    [InlineData("{\"protocolErrorResponse\":\"invalidMsg\"}")]
    [InlineData("{\"protocolErrorResponse\":\"Unknown\"}")]
    [InlineData("{\"protocolErrorResponse\":\"NoMatchingRoute\"}")]
    [InlineData("{\"protocolErrorResponse\":{\"InvalidMsg\":null}}")]
    [InlineData("{\"protocolErrorResponse\":{\"InvalidStateTransition\":[\"GenesisBooted\"]}}")]
    [InlineData("{\"protocolErrorResponse\":{\"InvalidStateTransition\":[\"GenesisBooted\",\"GenesisBooted\",\"GenesisBooted\"]}}")]
    [InlineData("{\"protocolErrorResponse\":{\"P256Error\":\"IOError\"}}")]
    [InlineData("{\"protocolErrorResponse\":{\"P256Error\":{\"HkdfExpansionFailed\":\"x\"}}}")]
    [InlineData("{\"protocolErrorResponse\":{\"LowNonce\":{\"expected\":4294967296,\"actual\":1}}}")]
    [InlineData("{\"bootStandardResponse\":{\"nsm_response\":\"describePCR\"}}")]
    [InlineData("{\"bootStandardResponse\":{\"nsm_response\":{\"error\":\"internalError\"}}}")]
    [InlineData("{\"bootStandardResponse\":{\"nsm_response\":{\"attestation\":{\"document\":\"\",\"x\":1}}}}")]
    public void Anything_else_is_no_message(string body) => Assert.Equal(
        ProtocolErrorCode.ProtocolMsgDeserialization, Sample.Refused(() => MessageCodec.Decode(Encoding.UTF8.GetBytes(body))));

    [Theory]
    [InlineData("{\"statusResponse\":\"waitingForQuorumShards\"}", "{\"statusResponse\":\"WaitingForQuorumShards\"}")]
    [InlineData(" {\"versionResponse\" : {\"version\":\"1\",\r\n\"commit\":\"c\"}}\t", "{\"versionResponse\":{\"commit\":\"c\",\"version\":\"1\"}}")]
    [InlineData("{\"protocolErrorResponse\":{\"LowNonce\":{\"expected\":\"4\",\"actual\":1}}}", "{\"protocolErrorResponse\":{\"LowNonce\":{\"actual\":\"1\",\"expected\":\"4\"}}}")]
    [InlineData("{\"protocolErrorResponse\":{\"InvalidStateTransition\":[\"GenesisBooted\",\"waitingForForwardedKey\"]}}", "{\"protocolErrorResponse\":{\"InvalidStateTransition\":[\"GenesisBooted\",\"WaitingForForwardedKey\"]}}")]
    [InlineData("{\"protocolErrorResponse\":{\"P256Error\":{\"QosHex\":\"x\"}}}", "{\"protocolErrorResponse\":{\"P256Error\":{\"QosHex\":\"x\"}}}")]
    [InlineData("{\"protocolErrorResponse\":{\"InvalidP256DRKey\":\"EncodedPublicKeyTooLong\"}}", "{\"protocolErrorResponse\":{\"InvalidP256DRKey\":\"EncodedPublicKeyTooLong\"}}")]
    [InlineData("\"nodeStatusRequest\"", "\"nodeStatusRequest\"")]
    [InlineData("{\"nodeStatusResponse\":{\"pivot\":{\"state\":\"restarting\",\"restarts\":3,\"last_exit\":{\"signal\":9}},\"phase\":\"QuorumKeyProvisioned\"}}", "{\"nodeStatusResponse\":{\"phase\":\"QuorumKeyProvisioned\",\"pivot\":{\"last_exit\":{\"signal\":\"9\"},\"restarts\":\"3\",\"state\":\"restarting\"}}}")]
    [InlineData("{\"bootStandardResponse\":{\"nsm_response\":{\"describeNSM\":{\"version_major\":1,\"version_minor\":\"0\",\"version_patch\":0,\"module_id\":\"m\",\"max_pcrs\":32,\"locked_pcrs\":[0,\"1\"],\"digest\":\"SHA384\"}}}}", "{\"bootStandardResponse\":{\"nsm_response\":{\"describeNSM\":{\"digest\":\"SHA384\",\"locked_pcrs\":[\"0\",\"1\"],\"max_pcrs\":\"32\",\"module_id\":\"m\",\"version_major\":\"1\",\"version_minor\":\"0\",\"version_patch\":\"0\"}}}}")]
    public void A_message_in_another_form_is_written_canonically(string body, string canonical)
    {
        ProtocolMessage message = MessageCodec.Decode(Encoding.UTF8.GetBytes(body)).Message;
        Assert.Equal(canonical, Encoding.UTF8.GetString(MessageCodec.Encode(message, WireEncoding.Json)));
    }

    [Theory]
    [InlineData("05")]
    [InlineData("06")]
    [InlineData("05000000000200000000")]
    public void Genesis_in_borsh_is_refused(string body) => Assert.Equal(
        ProtocolErrorCode.LegacyGenesisNotSupported, Sample.Refused(() => MessageCodec.Decode(Convert.FromHexString(body))));

    [Theory]
    [InlineData("18")]
    [InlineData("0206")]
    [InlineData("003d")]
    [InlineData("00100fff")]
    [InlineData("0802")]
    [InlineData("0e08")]
    [InlineData("040709")]
    [InlineData("1402")]
    [InlineData("09ffffffff")]
    [InlineData("1700000000")]
    public void Unknown_variants_and_counts_are_no_message(string body) => Assert.Equal(
        ProtocolErrorCode.ProtocolMsgDeserialization, Sample.Refused(() => MessageCodec.Decode(Convert.FromHexString(body))));

    [Fact]
    public void What_borsh_cannot_express_is_refused_and_answered_in_json()
    {
        ManifestEnvelope v2 = Sample.Envelope(Sample.Manifest());
        var answer = new ProtocolMessage.ManifestEnvelopeResponse(v2);
        Assert.Equal(ProtocolErrorCode.InvalidMsg, Sample.Refused(() => MessageCodec.Encode(answer, WireEncoding.Borsh)));
        Assert.Equal(
            "{\"protocolErrorResponse\":\"InvalidMsg\"}",
            Encoding.UTF8.GetString(MessageCodec.EncodeAnswer(answer, WireEncoding.Borsh)));
        Assert.Equal(ProtocolErrorCode.InvalidMsg, Sample.Refused(() => MessageCodec.Encode(new ProtocolMessage.NodeStatusRequest(), WireEncoding.Borsh)));
        Assert.Equal(ProtocolErrorCode.InvalidMsg, Sample.Refused(() => MessageCodec.Encode(new ProtocolMessage.VersionResponse("\ud800", ""), WireEncoding.Borsh)));
        Assert.Equal(ProtocolErrorCode.InvalidMsg, Sample.Refused(() => MessageCodec.Encode(new ProtocolMessage.VersionResponse("\ud800", ""), WireEncoding.Json)));
    }

    /// <summary>A fault of ours in an answer is no reason to hang up on whoever asked.</summary>
    [Theory]
    [InlineData(WireEncoding.Json)]
    [InlineData(WireEncoding.Borsh)]
    public void An_answer_that_has_no_form_at_all_is_answered_in_json_too(WireEncoding encoding)
    {
        ProtocolMessage[] answers =
        [
            new ProtocolMessage.VersionResponse(null!, ""),
            new ProtocolMessage.ManifestEnvelopeResponse(Sample.Envelope(null!)),
        ];
        Assert.All(answers, answer => Assert.Equal("{\"protocolErrorResponse\":\"InvalidMsg\"}", Encoding.UTF8.GetString(MessageCodec.EncodeAnswer(answer, encoding))));
    }

    [Fact]
    public void Every_error_has_its_index_and_name()
    {
        Assert.Equal(61, Enum.GetValues<ProtocolErrorCode>().Length);
        Assert.Equal(60, (int)ProtocolErrorCode.LegacyGenesisNotSupported);
        for (int code = 0; code < 61; code++)
            Assert.True(Enum.IsDefined((ProtocolErrorCode)code));
        Assert.Throws<ArgumentException>(() => new ProtocolError(ProtocolErrorCode.LowNonce));
        Assert.Throws<ArgumentException>(() => new ProtocolError(ProtocolErrorCode.InvalidMsg, new ProtocolErrorPayload.Text("x")));
    }

    [Fact]
    public void An_errors_line_shows_foreign_text_escaped() => Assert.Equal(
        "AppClientError: a\\u{1b}b", ProtocolError.WithText(ProtocolErrorCode.AppClientError, "a\u001bb").ToString());
}
