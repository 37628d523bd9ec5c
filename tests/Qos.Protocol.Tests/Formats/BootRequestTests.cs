using Qos.Client;

namespace Qos.Protocol.Tests;

/// <summary>Boot requests written around a pivot are the messages that the codec writes.</summary>
public sealed class BootRequestTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32 * 1024)]
    [InlineData(100_000)]
    public async Task The_parts_make_the_message(int length)
    {
        byte[] pivot = new byte[length];
        new Random(length).NextBytes(pivot);
        ManifestEnvelope envelope = Sample.Envelope(Sample.Manifest(), 0, 1);
        await AssertWrites(
            MessageCodec.Encode(new ProtocolMessage.BootStandardRequest(envelope, pivot), WireEncoding.Json),
            new BootRequestWriter(envelope, BootRequestForm.StandardJson, length),
            pivot);
        await AssertWrites(
            MessageCodec.Encode(new ProtocolMessage.BootKeyForwardRequest(envelope, pivot), WireEncoding.Json),
            new BootRequestWriter(envelope, BootRequestForm.KeyForwardJson, length),
            pivot);
        await AssertWrites(
            MessageCodec.Encode(new ProtocolMessage.BootStandardJsonEnvelopeRequest(envelope, pivot), WireEncoding.Borsh),
            new BootRequestWriter(envelope, BootRequestForm.StandardRaw, length),
            pivot);
    }

    [Theory]
    [InlineData(ManifestVersion.V0)]
    [InlineData(ManifestVersion.V1)]
    public async Task Old_nodes_read_the_parts_in_Borsh(ManifestVersion version)
    {
        byte[] pivot = [1, 2, 3];
        ManifestEnvelope envelope = Sample.Envelope(Sample.Manifest(version), 0, 1);
        await AssertWrites(
            MessageCodec.Encode(new ProtocolMessage.BootStandardRequest(envelope, pivot), WireEncoding.Borsh),
            new BootRequestWriter(envelope, BootRequestForm.StandardBorsh, pivot.Length),
            pivot);
        await AssertWrites(
            MessageCodec.Encode(new ProtocolMessage.BootKeyForwardRequest(envelope, pivot), WireEncoding.Borsh),
            new BootRequestWriter(envelope, BootRequestForm.KeyForwardBorsh, pivot.Length),
            pivot);
    }

    [Fact]
    public void A_V2_manifest_is_never_written_in_Borsh()
    {
        ManifestEnvelope envelope = Sample.Envelope(Sample.Manifest(ManifestVersion.V2));
        Assert.Throws<InvalidOperationException>(() => _ = new BootRequestWriter(envelope, BootRequestForm.StandardBorsh, 1));
        Assert.Throws<InvalidOperationException>(() => _ = new BootRequestWriter(envelope, BootRequestForm.KeyForwardBorsh, 1));
    }

    [Fact]
    public async Task A_pivot_that_changes_while_it_is_read_is_noticed()
    {
        var request = new BootRequestWriter(Sample.Envelope(Sample.Manifest()), BootRequestForm.StandardRaw, 10);
        await Assert.ThrowsAsync<EndOfStreamException>(() => request.WriteAsync(Stream.Null, new MemoryStream(new byte[9])));
        await Assert.ThrowsAsync<InvalidDataException>(() => request.WriteAsync(Stream.Null, new MemoryStream(new byte[11])));
    }

    [Fact]
    public void A_request_above_the_limit_is_refused_before_anything_is_sent()
    {
        ManifestEnvelope envelope = Sample.Envelope(Sample.Manifest());
        const long Large = 70L * 1024 * 1024;
        Assert.Equal(ProtocolErrorCode.OversizedPayload, Sample.Refused(() => _ = new BootRequestWriter(envelope, BootRequestForm.StandardJson, Large)));
        Assert.Equal(Large, new BootRequestWriter(envelope, BootRequestForm.StandardRaw, Large).PivotLength);
        Assert.Equal(ProtocolErrorCode.OversizedPayload, Sample.Refused(() => _ = new BootRequestWriter(envelope, BootRequestForm.StandardRaw, long.MaxValue / 4)));
    }

    private static async Task AssertWrites(byte[] message, BootRequestWriter request, byte[] pivot)
    {
        using var destination = new MemoryStream();
        await request.WriteAsync(destination, new MemoryStream(pivot));
        Assert.Equal(message.Length, request.TotalLength);
        Assert.True(message.AsSpan().SequenceEqual(destination.ToArray()));
    }
}
