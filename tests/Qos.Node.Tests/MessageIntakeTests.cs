using System.Text;
using System.Text.Json;
using Qos.Keys;
using Qos.Protocol;
using Qos.Vectors;
using static Qos.Node.Tests.Wire;

namespace Qos.Node.Tests;

/// <summary>Messages come out of the intake as they went in. Format: docs/protocol/messages.md, Messages.</summary>
public sealed class MessageIntakeTests
{
    [Fact]
    public async Task A_boot_in_JSON_is_answered_in_JSON()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        byte[] body = MessageCodec.Encode(quorum.BootRequest, WireEncoding.Json);

        DecodedMessage answer = await Send(node, body, 1000);

        Assert.Equal(WireEncoding.Json, answer.Encoding);
        Assert.IsType<ProtocolMessage.BootStandardResponse>(answer.Message);
        Assert.Equal(quorum.Pivot, File.ReadAllBytes(node.Folder["qos.pivot.bin"]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task A_boot_in_message_23_is_answered_in_Borsh(int chunk)
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        byte[] body = MessageCodec.Encode(
            new ProtocolMessage.BootStandardJsonEnvelopeRequest(quorum.Envelope, quorum.Pivot), WireEncoding.Borsh);

        DecodedMessage answer = await Send(node, body, chunk);

        Assert.Equal(WireEncoding.Borsh, answer.Encoding);
        Assert.IsType<ProtocolMessage.BootStandardResponse>(answer.Message);
        Assert.Equal(quorum.Pivot, File.ReadAllBytes(node.Folder["qos.pivot.bin"]));
    }

    [Theory]
    [InlineData(ManifestVersion.V0, false)]
    [InlineData(ManifestVersion.V0, true)]
    [InlineData(ManifestVersion.V1, false)]
    [InlineData(ManifestVersion.V1, true)]
    public async Task An_older_manifest_boots_in_Borsh(ManifestVersion version, bool isForward)
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        ManifestEnvelope envelope = quorum.Approve(Older(quorum.Manifest, version));
        byte[] body = MessageCodec.Encode(
            isForward
                ? new ProtocolMessage.BootKeyForwardRequest(envelope, quorum.Pivot)
                : new ProtocolMessage.BootStandardRequest(envelope, quorum.Pivot),
            WireEncoding.Borsh);

        DecodedMessage answer = await Send(node, body, 97);

        Assert.Equal(WireEncoding.Borsh, answer.Encoding);
        Assert.False(answer.Message is ProtocolMessage.ProtocolErrorResponse, answer.Message.ToString());
        Assert.Equal(isForward ? ProtocolPhase.WaitingForForwardedKey : ProtocolPhase.WaitingForQuorumShards, node.Phase);
        Assert.Equal(quorum.Pivot, File.ReadAllBytes(node.Folder["qos.pivot.bin"]));
    }

    [Fact]
    public async Task Every_request_comes_out_as_it_went_in_however_it_is_cut()
    {
        const int Seed = 20260301;
        var random = new Random(Seed);
        using var quorum = new TestQuorum();
        byte[] pivot = new byte[5000];
        random.NextBytes(pivot);
        ManifestEnvelope v1 = quorum.Approve(Older(quorum.Manifest, ManifestVersion.V1));
        (ProtocolMessage Message, WireEncoding Encoding)[] requests =
        [
            (new ProtocolMessage.StatusRequest(), WireEncoding.Json),
            (new ProtocolMessage.StatusRequest(), WireEncoding.Borsh),
            (new ProtocolMessage.NodeStatusRequest(), WireEncoding.Json),
            (new ProtocolMessage.ProxyRequest(pivot), WireEncoding.Borsh),
            (new ProtocolMessage.ProxyRequest("}}}]]\"\\"u8.ToArray()), WireEncoding.Borsh),
            (new ProtocolMessage.ProvisionRequest(pivot, quorum.Holders[0].Approve(quorum.Manifest)), WireEncoding.Borsh),
            (new ProtocolMessage.InjectKeyRequest(pivot, new byte[64]), WireEncoding.Json),
            (new ProtocolMessage.BootStandardRequest(quorum.Envelope, pivot), WireEncoding.Json),
            (new ProtocolMessage.BootStandardRequest(quorum.Envelope, default), WireEncoding.Json),
            (new ProtocolMessage.BootStandardRequest(v1, pivot), WireEncoding.Borsh),
            (new ProtocolMessage.BootStandardRequest(v1, default), WireEncoding.Borsh),
            (new ProtocolMessage.BootKeyForwardRequest(v1, pivot), WireEncoding.Borsh),
            (new ProtocolMessage.BootKeyForwardRequest(quorum.Envelope, pivot), WireEncoding.Json),
            (new ProtocolMessage.BootStandardJsonEnvelopeRequest(quorum.Envelope, pivot), WireEncoding.Borsh),
        ];
        using var node = new TestNode(quorum);
        foreach ((ProtocolMessage message, WireEncoding encoding) in requests)
        {
            byte[] body = MessageCodec.Encode(message, encoding);
            for (int round = 0; round < 12; round++)
            {
                (ProtocolMessage? got, byte[]? staged) = Take(node, body, RandomCuts(random, body.Length));
                string context = $"{message.GetType().Name} in {encoding}, seed {Seed}, round {round}";
                Assert.True(got is not null, context);
                byte[] expected = MessageCodec.Encode(WithoutPivot(message), encoding);
                Assert.True(expected.AsSpan().SequenceEqual(MessageCodec.Encode(WithoutPivot(got), encoding)), context);
                Assert.True((staged ?? []).AsSpan().SequenceEqual(PivotOf(message).Span), context);
            }

            Assert.Empty(node.Folder.Names);
        }
    }

    [Fact]
    public async Task The_references_messages_come_out_as_they_are_decoded_at_once()
    {
        const int Seed = 4;
        var random = new Random(Seed);
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        using JsonDocument vectors = JsonDocument.Parse(VectorFiles.Bytes("qos", "reference_generated", "protocol_msgs.json"));
        int pivots = 0;
        foreach (JsonElement vector in vectors.RootElement.EnumerateArray())
        {
            foreach (byte[] body in Wires(vector))
            {
                DecodedMessage expected;
                try
                {
                    expected = MessageCodec.Decode(body);
                }
                catch (ProtocolException)
                {
                    continue;
                }

                (ProtocolMessage? got, byte[]? staged) = Take(node, body, RandomCuts(random, body.Length));
                string context = $"{vector.GetProperty("name")} in {expected.Encoding}, seed {Seed}";
                Assert.True(got is not null, context);
                Assert.True(
                    MessageCodec.Encode(WithoutPivot(expected.Message), expected.Encoding).AsSpan()
                        .SequenceEqual(MessageCodec.Encode(WithoutPivot(got), expected.Encoding)),
                    context);
                Assert.True((staged ?? []).AsSpan().SequenceEqual(PivotOf(expected.Message).Span), context);
                pivots += staged is null ? 0 : 1;
            }
        }

        Assert.True(pivots >= 4, $"only {pivots} pivots were among the vectors");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("nonsense")]
    [InlineData("\"noSuchRequest\"")]
    [InlineData("{\"bootStandardRequest\":{\"pivot\":\"0\"}}")]
    [InlineData("{\"bootStandardRequest\":{\"pivot\":\"zz\"}}")]
    [InlineData("{\"bootStandardRequest\":{\"pivot\":\"00\"}}")]
    [InlineData("{\"bootStandardRequest\":{\"pivot\":\"00\",\"pivot\":\"00\"}}")]
    [InlineData("\"statusRequest\" ")]
    public async Task What_is_no_message_is_refused_in_JSON(string text)
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        DecodedMessage answer = await Send(node, Encoding.UTF8.GetBytes(text), 3);
        Assert.Equal(WireEncoding.Json, answer.Encoding);
        if (text is not "\"statusRequest\" ")
        {
            Assert.Equal(
                ProtocolErrorCode.ProtocolMsgDeserialization,
                Assert.IsType<ProtocolMessage.ProtocolErrorResponse>(answer.Message).Error.Code);
        }

        Assert.Empty(node.Folder.Names);
    }

    [Fact]
    public async Task A_whole_life_in_Borsh_with_an_older_manifest()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        var service = new MessageService(node.Node);
        Manifest manifest = Older(quorum.Manifest, ManifestVersion.V1);
        ManifestEnvelope envelope = quorum.Approve(manifest);

        await Answer<ProtocolMessage.BootStandardResponse>(service, new ProtocolMessage.BootStandardRequest(envelope, quorum.Pivot));
        PublicKey setup = node.EphemeralKey();
        for (int holder = 0; holder < 2; holder++)
        {
            var posted = await Answer<ProtocolMessage.ProvisionResponse>(service, new ProtocolMessage.ProvisionRequest(
                setup.Encrypt(quorum.Shares[holder].Span, quorum.Random), quorum.Holders[holder].Approve(manifest)));
            Assert.Equal(holder == 1, posted.Reconstructed);
        }

        var attested = await Answer<ProtocolMessage.LiveAttestationDocResponse>(service, new ProtocolMessage.LiveAttestationDocRequest());
        Assert.Equal(2, attested.ManifestEnvelope!.ShareSetApprovals.Count);
        var status = await Answer<ProtocolMessage.StatusResponse>(service, new ProtocolMessage.StatusRequest());
        Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, status.Phase);

        using var next = new TestNode(quorum, seed: 200);
        var nextService = new MessageService(next.Node);
        await Answer<ProtocolMessage.BootKeyForwardResponse>(
            nextService, new ProtocolMessage.BootKeyForwardRequest(envelope, quorum.Pivot));
        var exported = await Answer<ProtocolMessage.ExportKeyResponse>(
            service, new ProtocolMessage.ExportKeyRequest(envelope, next.DocumentBytes()));
        await Answer<ProtocolMessage.InjectKeyResponse>(
            nextService, new ProtocolMessage.InjectKeyRequest(exported.EncryptedQuorumKey, exported.Signature));
        Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, next.Phase);
    }

    private static async Task<T> Answer<T>(MessageService service, ProtocolMessage request)
        where T : ProtocolMessage
    {
        DecodedMessage answer = await Send(service, MessageCodec.Encode(request, WireEncoding.Borsh), 333);
        Assert.Equal(WireEncoding.Borsh, answer.Encoding);
        return Assert.IsType<T>(answer.Message);
    }

    private static IEnumerable<byte[]> Wires(JsonElement vector)
    {
        if (vector.GetProperty("json_wire").GetString() is { Length: > 0 } json)
            yield return Encoding.UTF8.GetBytes(json);
        if (vector.GetProperty("borsh_wire").GetString() is { Length: > 0 } borsh)
            yield return Convert.FromHexString(borsh);
    }
}
