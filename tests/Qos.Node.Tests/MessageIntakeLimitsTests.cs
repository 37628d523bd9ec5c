using Qos.Protocol;
using static Qos.Node.Tests.Wire;

namespace Qos.Node.Tests;

/// <summary>What hostile or unlucky peers cost. Format: docs/protocol/messages.md, Transport ("Ours"); issue "Bad input".</summary>
public sealed class MessageIntakeLimitsTests
{
    [Fact]
    public async Task A_boot_cut_at_any_byte_costs_nothing()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        var service = new MessageService(node.Node);
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

    [Fact]
    public async Task Random_bytes_and_mutated_messages_never_throw_and_leave_nothing()
    {
        const int Seed = 77;
        var random = new Random(Seed);
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        var service = new MessageService(node.Node);
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
            // That error is for exceptions that nobody foresaw.
            bool isUnforeseen = answer.Message is ProtocolMessage.ProtocolErrorResponse { Error.Code: ProtocolErrorCode.IOError };
            Assert.False(isUnforeseen, $"seed {Seed}, round {round}");
            Assert.True(node.Folder.Names.Length == 0, $"seed {Seed}, round {round}");
        }

        Assert.Equal(0, service.RetainedBytes);
    }

    [Fact]
    public async Task A_length_that_no_message_has_is_refused_and_costs_nothing()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        var service = new MessageService(node.Node);
        foreach (long length in (long[])[long.MaxValue, long.MinValue, -1, ProtocolLimits.MaxMessageBytes + 1L])
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
        var service = new MessageService(node.Node);
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
        var service = new MessageService(node.Node);
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
        var service = new MessageService(node.Node);
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
    public async Task A_slow_module_keeps_nobody_from_status_however_many_ask_for_documents()
    {
        using var quorum = new TestQuorum();
        using var node = new TestNode(quorum);
        node.Boot(quorum);
        using var released = new ManualResetEventSlim();
        int inside = 0;
        int most = 0;
        node.Nsm.Lie = (_, _, _) =>
        {
            int now = Interlocked.Increment(ref inside);
            InterlockedMax(ref most, now);
            released.Wait(TimeSpan.FromMinutes(1));
            Interlocked.Decrement(ref inside);
            return null;
        };

        Task<ProtocolMessage>[] documents =
            [.. Enumerable.Range(0, 200).Select(_ => node.Node.HandleAsync(new ProtocolMessage.LiveAttestationDocRequest()).AsTask())];
        for (int asked = 0; asked < 100; asked++)
        {
            ValueTask<ProtocolMessage> status = node.Node.HandleAsync(new ProtocolMessage.NodeStatusRequest());
            Assert.True(status.IsCompletedSuccessfully);
            Assert.IsType<ProtocolMessage.NodeStatusResponse>(await status);
        }

        // Work of the pool is done as well: the module's callers hold none of its threads.
        await Task.WhenAll(Enumerable.Range(0, 100).Select(static _ => Task.Run(static () => { }))).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.DoesNotContain(documents, static document => document.IsCompleted);

        released.Set();
        Assert.All(await Task.WhenAll(documents), static answer => Assert.IsType<ProtocolMessage.LiveAttestationDocResponse>(answer));
        Assert.InRange(most, 1, NodeLimits.MaximumConcurrentDocuments);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen = Volatile.Read(ref target);
        while (value > seen && Interlocked.CompareExchange(ref target, value, seen) is var was && was != seen)
            seen = was;
    }
}
