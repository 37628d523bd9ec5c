using System.Text;
using Qos.Protocol;
using static Qos.Node.Tests.Wire;

namespace Qos.Node.Tests;

/// <summary>Nobody keeps an approved boot out by sending slowly. Format: docs/protocol/messages.md, Transport ("Ours").</summary>
public sealed class PivotPlacesTests : IDisposable
{
    private readonly TestQuorum _quorum = new();
    private readonly TestNode _node;
    private readonly TestClock _clock = new();
    private readonly MessageService _service;

    public PivotPlacesTests()
    {
        _node = new TestNode(_quorum);
        _service = new MessageService(_node.Node, _clock);
    }

    [Fact]
    public async Task Slow_senders_whose_envelope_is_still_to_come_keep_no_approved_boot_out()
    {
        byte[] first = Encoding.ASCII.GetBytes("{\"bootStandardRequest\":{\"pivot\":\"0000");
        IMessageIntake[] slow = [.. Enumerable.Range(0, 4).Select(_ => Begin(first, 1 << 20))];
        Assert.Equal([".qos.pivot.bin.new"], _node.Folder.Names);
        foreach (byte[] boot in Approved())
            Assert.Equal(ProtocolErrorCode.InvalidPivotHash, Refused(await Send(_service, boot, 100)));

        Assert.IsType<ProtocolMessage.BootStandardResponse>(
            (await Send(_service, MessageCodec.Encode(_quorum.BootRequest, WireEncoding.Json), 1000)).Message);
        foreach (IMessageIntake intake in slow)
            intake.Dispose();
        Assert.Equal(["qos.ephemeral.key", "qos.manifest", "qos.pivot.bin"], _node.Folder.Names);
    }

    [Fact]
    public async Task A_pivot_whose_approvals_do_not_hold_gives_way_too()
    {
        ManifestEnvelope unapproved = _quorum.Envelope with { ManifestSetApprovals = [] };
        byte[] body = MessageCodec.Encode(new ProtocolMessage.BootStandardRequest(unapproved, _quorum.Pivot), WireEncoding.Json);
        using IMessageIntake slow = Begin(body.AsSpan(0, body.Length - 8), body.Length);
        Assert.Equal([".qos.pivot.bin.new"], _node.Folder.Names);
        Assert.IsType<ProtocolMessage.BootStandardResponse>(
            (await Send(_service, MessageCodec.Encode(_quorum.BootRequest, WireEncoding.Json), 1000)).Message);

        // The one that gave way is answered when it has arrived.
        slow.Write(body.AsSpan(body.Length - 8));
        Assert.Equal(ProtocolErrorCode.FailedToPutPivot, Refused(MessageCodec.Decode((await slow.CompleteAsync(CancellationToken.None)).Span)));
    }

    [Fact]
    public async Task Of_pivots_whose_envelope_is_to_come_a_newcomer_displaces_one_that_had_its_time()
    {
        byte[] body = PivotFirst(_quorum.Envelope, _quorum.Pivot);
        using IMessageIntake slow = Begin(body.AsSpan(0, 60), body.Length);
        Assert.Equal(ProtocolErrorCode.FailedToPutPivot, Refused(await Send(_service, body, 100)));
        _clock.Now += PivotPlaces.Grace;
        Assert.IsType<ProtocolMessage.BootStandardResponse>((await Send(_service, body, 100)).Message);
    }

    [Fact]
    public async Task Of_approved_pivots_the_slowest_gives_way_once_it_had_its_time()
    {
        byte[] body = MessageCodec.Encode(_quorum.BootRequest, WireEncoding.Json);
        using IMessageIntake slower = Begin(body.AsSpan(0, body.Length - 20), body.Length);
        using IMessageIntake slow = Begin(body.AsSpan(0, body.Length - 10), body.Length);
        Assert.Equal([".qos.pivot.bin.1.new", ".qos.pivot.bin.new"], _node.Folder.Names);
        Assert.Equal(ProtocolErrorCode.FailedToPutPivot, Refused(await Send(_service, body, 100)));

        _clock.Now += PivotPlaces.Grace;
        using IMessageIntake third = Begin(body.AsSpan(0, body.Length - 10), body.Length);
        Assert.Equal([".qos.pivot.bin.1.new", ".qos.pivot.bin.new"], _node.Folder.Names);
        slower.Write(body.AsSpan(body.Length - 20));
        Assert.Equal(ProtocolErrorCode.FailedToPutPivot, Refused(MessageCodec.Decode((await slower.CompleteAsync(CancellationToken.None)).Span)));
        slow.Write(body.AsSpan(body.Length - 10));
        Assert.IsType<ProtocolMessage.BootStandardResponse>(MessageCodec.Decode((await slow.CompleteAsync(CancellationToken.None)).Span).Message);
    }

    [Fact]
    public async Task A_pivot_that_is_being_answered_is_not_displaced()
    {
        byte[] body = PivotFirst(_quorum.Envelope, _quorum.Pivot);
        using var entered = new ManualResetEventSlim();
        using var released = new ManualResetEventSlim();
        _node.Nsm.Lie = (request, _, _) =>
        {
            if (request is Qos.Nsm.NsmRequest.LockPcrs)
            {
                entered.Set();
                released.Wait(TimeSpan.FromMinutes(1));
            }

            return null;
        };
        Task<DecodedMessage> boot = Send(_service, body, 100);
        Assert.True(entered.Wait(TimeSpan.FromMinutes(1)));
        _clock.Now += PivotPlaces.Grace;
        using (Begin(MessageCodec.Encode(_quorum.BootRequest, WireEncoding.Json), 1 << 20))
            released.Set();
        Assert.IsType<ProtocolMessage.BootStandardResponse>((await boot).Message);
    }

    public void Dispose()
    {
        _node.Dispose();
        _quorum.Dispose();
    }

    // With another pivot than the manifest's: they pass the gate, and are refused for the hash.
    private IEnumerable<byte[]> Approved()
    {
        byte[] other = new byte[1000];
        ManifestEnvelope v1 = _quorum.Approve(Older(_quorum.Manifest, ManifestVersion.V1));
        yield return MessageCodec.Encode(new ProtocolMessage.BootStandardRequest(_quorum.Envelope, other), WireEncoding.Json);
        yield return MessageCodec.Encode(new ProtocolMessage.BootKeyForwardRequest(_quorum.Envelope, other), WireEncoding.Json);
        yield return MessageCodec.Encode(new ProtocolMessage.BootStandardRequest(v1, other), WireEncoding.Borsh);
        yield return MessageCodec.Encode(new ProtocolMessage.BootStandardJsonEnvelopeRequest(_quorum.Envelope, other), WireEncoding.Borsh);
    }

    private static byte[] PivotFirst(ManifestEnvelope envelope, byte[] pivot) => Encoding.UTF8.GetBytes(
        $"{{\"bootStandardRequest\":{{\"pivot\":\"{Convert.ToHexStringLower(pivot)}\",\"manifest_envelope\":{Encoding.UTF8.GetString(ManifestEnvelopeFormat.WriteCanonical(envelope))}}}}}");

    private IMessageIntake Begin(ReadOnlySpan<byte> part, int length)
    {
        IMessageIntake intake = _service.Begin(length);
        intake.Write(part);
        return intake;
    }

    private static ProtocolErrorCode Refused(DecodedMessage answer) =>
        Assert.IsType<ProtocolMessage.ProtocolErrorResponse>(answer.Message).Error.Code;
}
