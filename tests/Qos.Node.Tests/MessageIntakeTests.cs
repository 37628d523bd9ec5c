using System.Text.Json;
using Qos.Keys;
using Qos.Protocol;
using Qos.Vectors;

namespace Qos.Node.Tests;

/// <summary>Specification: protocol, Transport ("Ours") and Messages; issue "Bad input".</summary>
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
                (ProtocolMessage? got, byte[]? staged) = await Take(node, body, RandomCuts(random, body.Length));
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

                (ProtocolMessage? got, byte[]? staged) = await Take(node, body, RandomCuts(random, body.Length));
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

    [Fact]
    public async Task A_boot_cut_at_any_byte_costs_nothing()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        using var service = new MessageService(node.Node, node.Files);
        ManifestEnvelope v1 = quorum.Approve(Older(quorum.Manifest, ManifestVersion.V1));
        byte[][] bodies =
        [
            MessageCodec.Encode(quorum.BootRequest, WireEncoding.Json),
            MessageCodec.Encode(new ProtocolMessage.BootStandardRequest(v1, quorum.Pivot), WireEncoding.Borsh),
            MessageCodec.Encode(new ProtocolMessage.BootStandardJsonEnvelopeRequest(quorum.Envelope, quorum.Pivot), WireEncoding.Borsh),
        ];
        foreach (byte[] body in bodies)
        {
            for (int length = 0; length < body.Length; length++)
            {
                using (IMessageIntake intake = service.Begin(body.Length))
                    intake.Write(body.AsSpan(0, length));
                Assert.True(node.Folder.Names.Length == 0, $"cut at {length} of {body.Length}");
            }

            // A frame that ends there is refused, and changes nothing either.
            for (int length = 0; length < body.Length; length += 13)
            {
                DecodedMessage answer = await Send(service, body[..length], 50);
                Assert.IsType<ProtocolMessage.ProtocolErrorResponse>(answer.Message);
                Assert.True(node.Folder.Names.Length == 0, $"ended at {length} of {body.Length}");
            }
        }

        Assert.Equal(ProtocolPhase.WaitingForBootInstruction, node.Phase);
        Assert.Equal(0, service.RetainedBytes);
        Assert.IsType<ProtocolMessage.BootStandardResponse>((await Send(service, bodies[0], 4096)).Message);
    }

    [Fact]
    public async Task A_pivot_is_only_staged_where_a_boot_is_waited_for()
    {
        using var quorum = new TestQuorum();
        using TestNode node = new TestNode(quorum).Provisioned(quorum);
        byte[] body = MessageCodec.Encode(quorum.BootRequest, WireEncoding.Json);
        DecodedMessage answer = await Send(node, body, 100);
        Assert.Equal(
            ProtocolError.NoMatchingRoute(ProtocolPhase.QuorumKeyProvisioned),
            Assert.IsType<ProtocolMessage.ProtocolErrorResponse>(answer.Message).Error);
        Assert.Equal(4, node.Folder.Names.Length);
    }

    [Fact]
    public async Task Only_one_connection_stages_a_pivot_and_gives_its_place_back()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        using var service = new MessageService(node.Node, node.Files);
        byte[] body = MessageCodec.Encode(
            new ProtocolMessage.BootStandardJsonEnvelopeRequest(quorum.Envelope, quorum.Pivot), WireEncoding.Borsh);

        IMessageIntake first = service.Begin(body.Length);
        first.Write(body.AsSpan(0, body.Length - 1));
        DecodedMessage second = await Send(service, body, 4096);
        Assert.Equal(
            ProtocolErrorCode.FailedToPutPivot, Assert.IsType<ProtocolMessage.ProtocolErrorResponse>(second.Message).Error.Code);

        first.Dispose();
        Assert.IsType<ProtocolMessage.BootStandardResponse>((await Send(service, body, 4096)).Message);
    }

    [Fact]
    public async Task A_full_disk_is_answered_when_the_message_has_ended()
    {
        using var quorum = new TestQuorum();
        FailingFiles? files = null;
        using var node = new TestNode(quorum, inner => files = new FailingFiles(inner));
        byte[] body = MessageCodec.Encode(quorum.BootRequest, WireEncoding.Json);
        foreach (string step in (string[])["stage pivot", "write pivot"])
        {
            files!.Fails = step;
            DecodedMessage answer = await Send(node, body, 64);
            Assert.Equal(
                ProtocolErrorCode.FailedToPutPivot, Assert.IsType<ProtocolMessage.ProtocolErrorResponse>(answer.Message).Error.Code);
            Assert.Empty(node.Folder.Names);
        }

        files!.Fails = null;
        Assert.IsType<ProtocolMessage.BootStandardResponse>((await Send(node, body, 64)).Message);
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
        DecodedMessage answer = await Send(node, System.Text.Encoding.UTF8.GetBytes(text), 3);
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
    public async Task Random_bytes_and_mutated_messages_never_throw_and_leave_nothing()
    {
        const int Seed = 77;
        var random = new Random(Seed);
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        using var service = new MessageService(node.Node, node.Files);
        ManifestEnvelope v0 = quorum.Approve(Older(quorum.Manifest, ManifestVersion.V0));
        // The pivot's hash is not the manifest's, so none of these boots.
        byte[][] bodies =
        [
            MessageCodec.Encode(new ProtocolMessage.BootStandardRequest(quorum.Envelope, new byte[40]), WireEncoding.Json),
            MessageCodec.Encode(new ProtocolMessage.BootStandardRequest(v0, new byte[40]), WireEncoding.Borsh),
            MessageCodec.Encode(new ProtocolMessage.BootStandardJsonEnvelopeRequest(quorum.Envelope, new byte[40]), WireEncoding.Borsh),
        ];
        for (int round = 0; round < 1500; round++)
        {
            byte[] body = [.. bodies[round % bodies.Length]];
            if (round % 10 == 0)
                random.NextBytes(body);
            for (int flips = random.Next(1, 4); flips > 0; flips--)
                body[random.Next(body.Length)] = (byte)random.Next(256);
            if (round % 3 == 0)
                body = body[..random.Next(body.Length)];
            DecodedMessage answer = await Send(service, body, random.Next(1, 2000));
            Assert.True(node.Phase is ProtocolPhase.WaitingForBootInstruction, $"seed {Seed}, round {round}: {answer.Message}");
            Assert.True(node.Folder.Names.Length == 0, $"seed {Seed}, round {round}");
        }

        Assert.Equal(0, service.RetainedBytes);
    }

    [Fact]
    public async Task A_length_that_no_message_has_is_refused_and_costs_nothing()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        using var service = new MessageService(node.Node, node.Files);
        foreach (long length in (long[])[long.MaxValue, long.MinValue, -1, NodeLimits.MaximumMessageLength + 1])
        {
            using IMessageIntake intake = service.Begin(length);
            intake.Write("\"statusRequest\""u8);
            DecodedMessage answer = MessageCodec.Decode((await intake.CompleteAsync(CancellationToken.None)).Span);
            Assert.Equal(
                ProtocolErrorCode.OversizedPayload, Assert.IsType<ProtocolMessage.ProtocolErrorResponse>(answer.Message).Error.Code);
        }
    }

    [Theory]
    [InlineData(WireEncoding.Json)]
    [InlineData(WireEncoding.Borsh)]
    public async Task What_is_kept_of_one_message_is_bounded(WireEncoding encoding)
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        using var service = new MessageService(node.Node, node.Files);
        const int Length = 100 << 20;
        byte[] block = new byte[1 << 20];
        block.AsSpan().Fill((byte)' ');
        byte first = encoding is WireEncoding.Json ? (byte)'{' : (byte)7;

        using IMessageIntake intake = service.Begin(Length);
        intake.Write([first]);
        long most = 0;
        for (int sent = 1; sent < Length; sent += block.Length)
        {
            intake.Write(block.AsSpan(0, Math.Min(block.Length, Length - sent)));
            most = Math.Max(most, service.RetainedBytes);
        }

        DecodedMessage answer = MessageCodec.Decode((await intake.CompleteAsync(CancellationToken.None)).Span);
        Assert.IsType<ProtocolMessage.ProtocolErrorResponse>(answer.Message);
        Assert.InRange(most, 1, NodeLimits.MaximumRetainedPerMessage);
        Assert.Equal(0, service.RetainedBytes);
    }

    [Fact]
    public async Task What_is_kept_of_all_messages_is_bounded()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        using var service = new MessageService(node.Node, node.Files);
        byte[] part = new byte[7 << 20];
        part.AsSpan().Fill((byte)' ');
        IMessageIntake[] intakes = [.. Enumerable.Range(0, 20).Select(index =>
        {
            IMessageIntake intake = service.Begin(8 << 20);
            intake.Write([index % 2 == 0 ? (byte)'{' : (byte)7]);
            intake.Write(part);
            return intake;
        })];
        Assert.InRange(service.RetainedBytes, 1, NodeLimits.MaximumRetainedTogether);

        foreach (IMessageIntake intake in intakes)
            intake.Dispose();
        Assert.Equal(0, service.RetainedBytes);
        Assert.IsType<ProtocolMessage.StatusResponse>((await Send(service, "\"statusRequest\""u8.ToArray(), 5)).Message);
    }

    [Fact]
    public async Task Status_is_answered_while_a_boot_hangs_and_changes_queue_without_a_thread()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        using var service = new MessageService(node.Node, node.Files);
        using var entered = new ManualResetEventSlim();
        using var released = new ManualResetEventSlim();
        node.Nsm.Lie = (request, _, _) =>
        {
            if (request is Qos.Nsm.NsmRequest.LockPcrs)
            {
                entered.Set();
                released.Wait(TimeSpan.FromSeconds(30));
            }

            return null;
        };
        Task<DecodedMessage> boot = Task.Factory.StartNew(
            () => Send(service, MessageCodec.Encode(quorum.BootRequest, WireEncoding.Json), 4096),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).Unwrap();
        Assert.True(entered.Wait(TimeSpan.FromSeconds(30)));

        byte[] post = MessageCodec.Encode(
            new ProtocolMessage.ProvisionRequest(new byte[10], quorum.Holders[0].Approve(quorum.Manifest)), WireEncoding.Json);
        Task<DecodedMessage> waiting = Send(service, post, 4096);
        Assert.False(waiting.IsCompleted);
        Assert.IsType<ProtocolMessage.StatusResponse>((await Send(service, "\"statusRequest\""u8.ToArray(), 5)).Message);

        released.Set();
        Assert.IsType<ProtocolMessage.BootStandardResponse>((await boot).Message);
        Assert.Equal(
            ProtocolErrorCode.DecryptionFailed,
            Assert.IsType<ProtocolMessage.ProtocolErrorResponse>((await waiting).Message).Error.Code);
    }

    [Fact]
    public async Task A_whole_life_in_Borsh_with_an_older_manifest()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        using var service = new MessageService(node.Node, node.Files);
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
        using var nextService = new MessageService(next.Node, next.Files);
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
            yield return System.Text.Encoding.UTF8.GetBytes(json);
        if (vector.GetProperty("borsh_wire").GetString() is { Length: > 0 } borsh)
            yield return Convert.FromHexString(borsh);
    }

    private static Manifest Older(Manifest manifest, ManifestVersion version) => manifest with
    {
        Version = version,
        PatchSet = new PatchSet(1, [manifest.ShareSet.Members[0].PubKey]),
        Pivot = version is ManifestVersion.V0
            ? manifest.Pivot with { BridgeConfig = [], DebugMode = false }
            : manifest.Pivot with
            {
                BridgeConfig =
                [
                    new BridgeConfig.Server(3000, "0.0.0.0"), new BridgeConfig.Client(4000, null), new BridgeConfig.Client(4001, "host"),
                ],
            },
    };

    private static int[] RandomCuts(Random random, int length)
    {
        var cuts = new List<int>();
        for (int left = length; left > 0;)
        {
            int cut = Math.Min(left, random.Next(5) == 0 ? random.Next(1, length + 1) : random.Next(1, 40));
            cuts.Add(cut);
            left -= cut;
        }

        return [.. cuts];
    }

    /// <summary>Takes a body apart without letting the node answer: the message as decoded, and the staged pivot's bytes.</summary>
    private static async Task<(ProtocolMessage? Message, byte[]? Pivot)> Take(TestNode node, byte[] body, int[] cuts)
    {
        ProtocolMessage? message = null;
        byte[]? bytes = null;
        var budget = new IntakeBudget(NodeLimits.MaximumRetainedTogether);
        using (var intake = new MessageIntake(
            body.Length,
            budget,
            new PivotReception(node.Node, node.Files, new PivotGate()),
            (request, pivot, _) =>
            {
                message = request;
                if (pivot is not null)
                {
                    bytes = File.ReadAllBytes(node.Folder[".qos.pivot.bin.new"]);
                    Assert.Equal(System.Security.Cryptography.SHA256.HashData(bytes), pivot.Sha256.ToArray());
                }

                return ValueTask.FromResult<ProtocolMessage>(new ProtocolMessage.InjectKeyResponse());
            }))
        {
            int at = 0;
            foreach (int cut in cuts)
            {
                intake.Write(body.AsSpan(at, cut));
                at += cut;
            }

            await intake.CompleteAsync(CancellationToken.None);
        }

        Assert.Equal(0, budget.Taken);
        return (message, bytes);
    }

    private static ReadOnlyMemory<byte> PivotOf(ProtocolMessage message) => message switch
    {
        ProtocolMessage.BootStandardRequest boot => boot.Pivot,
        ProtocolMessage.BootKeyForwardRequest boot => boot.Pivot,
        ProtocolMessage.BootStandardJsonEnvelopeRequest boot => boot.Pivot,
        _ => default,
    };

    private static ProtocolMessage WithoutPivot(ProtocolMessage message) => message switch
    {
        ProtocolMessage.BootStandardRequest boot => boot with { Pivot = default },
        ProtocolMessage.BootKeyForwardRequest boot => boot with { Pivot = default },
        ProtocolMessage.BootStandardJsonEnvelopeRequest boot => boot with { Pivot = default },
        _ => message,
    };

    private static async Task<DecodedMessage> Send(TestNode node, byte[] body, int chunk)
    {
        using var service = new MessageService(node.Node, node.Files);
        return await Send(service, body, chunk);
    }

    private static async Task<DecodedMessage> Send(MessageService service, byte[] body, int chunk)
    {
        using IMessageIntake intake = service.Begin(body.Length);
        for (int at = 0; at < body.Length; at += chunk)
            intake.Write(body.AsSpan(at, Math.Min(chunk, body.Length - at)));
        return MessageCodec.Decode((await intake.CompleteAsync(CancellationToken.None)).Span);
    }
}
