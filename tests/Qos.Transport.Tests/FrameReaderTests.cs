using System.Net.Sockets;
using FsCheck;
using FsCheck.Fluent;

namespace Qos.Transport.Tests;

public sealed class FrameReaderTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly FakeTime _time = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(505)]
    [InlineData(70_000)]
    public async Task A_body_arrives_as_it_was_sent(int length)
    {
        byte[] body = Pipes.Bytes(length);
        using FrameReader reader = ReaderOf(Pipes.Frame(body));

        Assert.True(await reader.NextAsync());
        Assert.Equal(length, reader.Length);
        using FrameBuffer read = await reader.ReadToEndAsync(length);
        Assert.Equal(body, read.Span.ToArray());
        Assert.False(await reader.NextAsync());
    }

    [Fact]
    public void Messages_are_found_however_their_bytes_are_cut()
    {
        Prop.ForAll<ushort[], ushort>(async (lengths, piece) =>
        {
            byte[][] bodies = [.. lengths.Select((length, i) => Pipes.Bytes(length % 1500, i))];
            using FrameReader reader = ReaderOf([.. bodies.SelectMany(body => Pipes.Frame(body))], 1 + piece);
            foreach (byte[] body in bodies)
            {
                Assert.True(await reader.NextAsync());
                using FrameBuffer read = await reader.ReadToEndAsync(int.MaxValue);
                Assert.Equal(body, read.Span.ToArray());
            }

            Assert.False(await reader.NextAsync());
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Theory]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue)]
    [InlineData((128UL << 20) + 1)]
    public async Task A_length_over_the_limit_is_refused_before_anything_is_held(ulong length)
    {
        using FrameReader reader = ReaderOf(BitConverter.GetBytes(length));
        TransportException e = await Assert.ThrowsAsync<TransportException>(async () => await reader.NextAsync());
        Assert.Equal(TransportError.Oversize, e.Error);
    }

    [Fact]
    public async Task The_longest_message_costs_only_what_arrived_of_it()
    {
        byte[] start = [.. BitConverter.GetBytes(128L << 20), .. Pipes.Bytes(5000)];
        using FrameReader reader = ReaderOf(start);
        Assert.True(await reader.NextAsync());

        long before = GC.GetAllocatedBytesForCurrentThread();
        TransportException e = await Assert.ThrowsAsync<TransportException>(async () => await reader.ReadToEndAsync(int.MaxValue));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(TransportError.Disconnected, e.Error);
        Assert.True(allocated < 256 * 1024, $"{allocated} bytes were allocated for 5000 that arrived");
    }

    [Fact]
    public async Task A_message_cut_off_at_any_byte_says_so()
    {
        byte[] frame = Pipes.Frame(Pipes.Bytes(600));
        for (int cut = 1; cut < frame.Length; cut++)
        {
            using FrameReader reader = ReaderOf(frame[..cut]);
            TransportException e = await Assert.ThrowsAsync<TransportException>(async () =>
            {
                await reader.NextAsync();
                (await reader.ReadToEndAsync(int.MaxValue)).Dispose();
            });
            Assert.Equal(TransportError.Disconnected, e.Error);
        }
    }

    [Fact]
    public async Task A_consumer_with_a_smaller_limit_is_asked_first()
    {
        using FrameReader reader = ReaderOf(Pipes.Frame(Pipes.Bytes(100)));
        await reader.NextAsync();
        TransportException e = await Assert.ThrowsAsync<TransportException>(async () => await reader.ReadToEndAsync(99));
        Assert.Equal(TransportError.Oversize, e.Error);
    }

    [Fact]
    public async Task The_next_message_is_not_asked_for_before_the_end_of_this_one()
    {
        using FrameReader reader = ReaderOf([.. Pipes.Frame(Pipes.Bytes(1000)), .. Pipes.Frame([7])]);
        await reader.NextAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await reader.NextAsync());
        (await reader.ReadToEndAsync(1000)).Dispose();
        Assert.True(await reader.NextAsync());
        using FrameBuffer read = await reader.ReadToEndAsync(1);
        Assert.Equal([7], read.Span.ToArray());
    }

    [Fact]
    public async Task Silence_between_messages_ends_at_the_idle_limit()
    {
        (EnclaveStream ours, Socket theirs) = await Pipes.PairAsync(_scratch);
        using EnclaveStream stream = ours;
        using Socket peer = theirs;
        using var reader = new FrameReader(stream, new FrameLimits { IdleTimeout = TimeSpan.FromSeconds(30) }, _time);

        ValueTask<bool> next = reader.NextAsync();
        _time.Advance(TimeSpan.FromSeconds(29.9));
        Assert.False(next.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        TransportException e = await Assert.ThrowsAsync<TransportException>(async () => await next);
        Assert.Equal(TransportError.Idle, e.Error);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(20)]
    public async Task A_message_that_stops_anywhere_ends_when_its_grace_is_over(int arrived)
    {
        (EnclaveStream ours, Socket theirs) = await Pipes.PairAsync(_scratch);
        using EnclaveStream stream = ours;
        using Socket peer = theirs;
        using var reader = new FrameReader(stream, new FrameLimits { GracePeriod = TimeSpan.FromSeconds(5) }, _time);
        await peer.SendAsync(Pipes.Frame(Pipes.Bytes(100))[..arrived]);

        Task reading = ReadMessageAsync(reader);
        Until(() => _time.Next < TimeSpan.FromSeconds(10) && stream.BytesReceived == arrived);
        _time.Advance(TimeSpan.FromSeconds(6));
        TransportException e = await Assert.ThrowsAsync<TransportException>(() => reading);
        Assert.Equal(TransportError.TooSlow, e.Error);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(12)]
    public async Task A_timer_that_fires_early_lets_no_peer_stay(int arrived)
    {
        var time = new FakeTime { Early = TimeSpan.FromMilliseconds(0.4) };
        (EnclaveStream ours, Socket theirs) = await Pipes.PairAsync(_scratch);
        using EnclaveStream stream = ours;
        using Socket peer = theirs;
        using var reader = new FrameReader(stream, new FrameLimits { GracePeriod = TimeSpan.FromSeconds(5) }, time);
        await peer.SendAsync(Pipes.Frame(Pipes.Bytes(100))[..arrived]);

        Task reading = ReadMessageAsync(reader);
        Until(() => time.Next < TimeSpan.FromSeconds(10) && stream.BytesReceived == arrived);
        time.Advance(TimeSpan.FromSeconds(6));
        TransportException e = await Assert.ThrowsAsync<TransportException>(() => reading.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(TransportError.TooSlow, e.Error);
    }

    [Fact]
    public async Task A_peer_that_dribbles_is_cut_off_though_it_never_stops()
    {
        (EnclaveStream ours, Socket theirs) = await Pipes.PairAsync(_scratch);
        using EnclaveStream stream = ours;
        using Socket peer = theirs;
        using var reader = new FrameReader(stream, new FrameLimits { GracePeriod = TimeSpan.FromSeconds(5), MinDataRate = 1000 }, _time);

        Task reading = ReadMessageAsync(reader);
        byte[] frame = Pipes.Frame(Pipes.Bytes(1000));
        int sent = 0;
        while (sent < frame.Length && !reading.IsCompleted)
        {
            await peer.SendAsync(frame.AsMemory(sent++, 1));
            int now = sent;
            Until(() => reading.IsCompleted || (stream.BytesReceived == now && _time.Arms == now + 1));
            _time.Advance(TimeSpan.FromSeconds(0.5));
        }

        TransportException e = await Assert.ThrowsAsync<TransportException>(() => reading);
        Assert.Equal(TransportError.TooSlow, e.Error);
        Assert.InRange(sent, 9, 12);
    }

    [Fact]
    public async Task A_slow_consumer_is_not_taken_for_a_slow_peer()
    {
        (EnclaveStream ours, Socket theirs) = await Pipes.PairAsync(_scratch);
        using EnclaveStream stream = ours;
        using Socket peer = theirs;
        using var reader = new FrameReader(stream, FrameLimits.Default, _time);
        byte[] body = Pipes.Bytes(2000);
        await peer.SendAsync(Pipes.Frame(body));

        await reader.NextAsync();
        _time.Advance(TimeSpan.FromHours(1));
        using FrameBuffer read = await reader.ReadToEndAsync(2000);
        Assert.Equal(body, read.Span.ToArray());
    }

    [Fact]
    public async Task The_callers_own_wish_to_stop_is_reported_as_such()
    {
        (EnclaveStream ours, Socket theirs) = await Pipes.PairAsync(_scratch);
        using EnclaveStream stream = ours;
        using Socket peer = theirs;
        using var reader = new FrameReader(stream, FrameLimits.Default, _time);
        using var stop = new CancellationTokenSource();

        ValueTask<bool> next = reader.NextAsync(stop.Token);
        await stop.CancelAsync();
        OperationCanceledException e = await Assert.ThrowsAsync<OperationCanceledException>(async () => await next);
        Assert.Equal(stop.Token, e.CancellationToken);
    }

    private FrameReader ReaderOf(byte[] bytes, int piece = int.MaxValue) =>
        new(new PieceStream(bytes, piece), FrameLimits.Default, _time);

    private static async Task ReadMessageAsync(FrameReader reader)
    {
        await reader.NextAsync();
        (await reader.ReadToEndAsync(int.MaxValue)).Dispose();
    }

    private static void Until(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(10)));
}
