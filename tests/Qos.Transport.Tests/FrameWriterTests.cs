using System.Net.Sockets;

namespace Qos.Transport.Tests;

public sealed class FrameWriterTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly FakeTime _time = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16 * 1024)]
    [InlineData(16 * 1024 + 1)]
    [InlineData(1_000_000)]
    public async Task A_message_is_its_length_and_its_bytes(int length)
    {
        byte[] body = Pipes.Bytes(length);
        using var stream = new PieceStream([], 0);
        using var writer = new FrameWriter(stream, FrameLimits.Default, _time);
        await writer.WriteAsync(body);
        await writer.WriteAsync(new MemoryStream(body), length);
        Assert.Equal([.. Pipes.Frame(body), .. Pipes.Frame(body)], stream.Written.ToArray());
    }

    [Fact]
    public async Task A_small_message_is_one_write()
    {
        using var stream = new PieceStream([], 0);
        using var writer = new FrameWriter(stream, FrameLimits.Default, _time);
        await writer.WriteAsync(new byte[5000]);
        await writer.WriteAsync(new MemoryStream(new byte[5000]), 5000);
        Assert.Equal([5008, 5008], stream.Writes);
    }

    [Fact]
    public async Task A_source_that_ends_early_is_an_error_and_one_that_goes_on_keeps_its_rest()
    {
        using var stream = new PieceStream([], 0);
        using var writer = new FrameWriter(stream, FrameLimits.Default, _time);
        TransportException e = await Assert.ThrowsAsync<TransportException>(async () => await writer.WriteAsync(new MemoryStream(new byte[9]), 10));
        Assert.Equal(TransportError.ShortBody, e.Error);

        using var source = new MemoryStream(new byte[200_000]);
        await writer.WriteAsync(source, 150_000);
        Assert.Equal(150_000, source.Position);
    }

    [Fact]
    public async Task A_message_over_the_limit_is_not_begun()
    {
        using var stream = new PieceStream([], 0);
        using var writer = new FrameWriter(stream, new FrameLimits { MaxLength = 10 }, _time);
        TransportException e = await Assert.ThrowsAsync<TransportException>(async () => await writer.WriteAsync(new byte[11]));
        Assert.Equal(TransportError.Oversize, e.Error);
        e = await Assert.ThrowsAsync<TransportException>(async () => await writer.WriteAsync(Stream.Null, 11));
        Assert.Equal(TransportError.Oversize, e.Error);
        Assert.Empty(stream.Writes);
    }

    [Fact]
    public async Task A_peer_that_takes_nothing_is_given_up()
    {
        (EnclaveStream ours, Socket theirs) = await Pipes.PairAsync(_scratch);
        using EnclaveStream stream = ours;
        using Socket peer = theirs;
        using var writer = new FrameWriter(stream, new FrameLimits { GracePeriod = TimeSpan.FromSeconds(5) }, _time);
        ValueTask writing = writer.WriteAsync(new byte[5_000_000]);
        Assert.True(SpinWait.SpinUntil(() => _time.Armed == 1, TimeSpan.FromSeconds(10)));
        _time.Advance(TimeSpan.FromMinutes(1));
        TransportException e = await Assert.ThrowsAsync<TransportException>(async () => await writing);
        Assert.Equal(TransportError.TooSlow, e.Error);
    }

    [Fact]
    public void What_a_body_held_is_wiped_before_its_memory_goes_back()
    {
        var body = new FrameBuffer();
        Memory<byte> memory = body.Free(100);
        memory.Span[..100].Fill(0xAA);
        body.Advance(100);
        body.Dispose();
        Assert.Equal(-1, memory.Span[..100].IndexOfAnyExcept((byte)0));
        Assert.Equal(0, body.Length);
    }
}
