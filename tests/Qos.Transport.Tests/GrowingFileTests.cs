using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Qos.Transport.Tests;

/// <summary>A message whose body lies in a file that still grows: sent without a copy where the socket takes that.</summary>
public sealed class GrowingFileTests : IDisposable
{
    private const int Length = 3_000_001;

    private readonly Scratch _scratch = new();
    private readonly FakeTime _time = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(int.MaxValue, true)]
    [InlineData(EnclaveStream.VsockChunk, false)]
    public async Task Its_bytes_arrive_in_order_while_the_file_grows_and_no_more_of_them_than_were_announced(int chunk, bool isSentAsFile)
    {
        byte[] body = Pipes.Bytes(Length + 1000);
        (EnclaveStream ours, Socket theirs) = await Pipes.PairAsync(_scratch, chunk);
        using EnclaveStream stream = ours;
        using Socket peer = theirs;
        using var writer = new FrameWriter(stream, FrameLimits.Default, _time);
        using SafeFileHandle file = Open();
        using var source = new Growing(file, body, 700_001);
        Task<byte[]> received = ReceiveAsync(peer, 8 + Length);
        await writer.WriteAsync(source, Length);
        Assert.Equal(Pipes.Frame(body.AsSpan(0, Length)), await received);
        Assert.Equal(0, peer.Available);
        Assert.Equal(8 + Length, stream.BytesSent);
        Assert.Equal(Length, source.Position);
        Assert.Equal(isSentAsFile, source.Read < Length / 2);
    }

    [Fact]
    public async Task A_peer_that_closes_midway_is_said()
    {
        (EnclaveStream ours, Socket theirs) = await Pipes.PairAsync(_scratch);
        using EnclaveStream stream = ours;
        using var writer = new FrameWriter(stream, FrameLimits.Default, _time);
        using SafeFileHandle file = Open();
        using var source = new Growing(file, Pipes.Bytes(Length), 500_000);
        ValueTask writing = writer.WriteAsync(source, Length);
        await ReceiveAsync(theirs, 600_000);
        theirs.Dispose();
        TransportException e = await Assert.ThrowsAsync<TransportException>(async () => await writing);
        Assert.Equal(TransportError.Disconnected, e.Error);
    }

    [Fact]
    public async Task A_peer_that_takes_nothing_is_given_up()
    {
        (EnclaveStream ours, Socket theirs) = await Pipes.PairAsync(_scratch);
        using EnclaveStream stream = ours;
        using Socket peer = theirs;
        using var writer = new FrameWriter(stream, new FrameLimits { GracePeriod = TimeSpan.FromSeconds(5) }, _time);
        using SafeFileHandle file = Open();
        using var source = new Growing(file, Pipes.Bytes(Length), Length);
        ValueTask writing = writer.WriteAsync(source, Length);
        Assert.True(SpinWait.SpinUntil(() => _time.Armed == 1, TimeSpan.FromSeconds(60)));
        _time.Advance(TimeSpan.FromMinutes(1));
        TransportException e = await Assert.ThrowsAsync<TransportException>(async () => await writing);
        Assert.Equal(TransportError.TooSlow, e.Error);
    }

    private SafeFileHandle Open() => File.OpenHandle(_scratch.PathOf("body"), FileMode.CreateNew, FileAccess.ReadWrite);

    private static async Task<byte[]> ReceiveAsync(Socket peer, int count)
    {
        byte[] got = new byte[count];
        using var stream = new NetworkStream(peer);
        await stream.ReadExactlyAsync(got);
        return got;
    }

    /// <summary>Appends a piece of the body each time that more is waited for.</summary>
    private sealed class Growing(SafeFileHandle file, byte[] body, int piece) : MemoryStream, IGrowingFile
    {
        private int _there;

        public SafeFileHandle Handle => file;

        public override long Position { get; set; }

        /// <summary>How many bytes were copied.</summary>
        public new int Read { get; private set; }

        public async ValueTask<long> AvailableAsync(CancellationToken cancellationToken)
        {
            if (Position == _there)
            {
                await Task.Yield();
                int more = Math.Min(piece, body.Length - _there);
                RandomAccess.Write(file, body.AsSpan(_there, more), _there);
                _there += more;
            }

            return _there - Position;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await AvailableAsync(cancellationToken);
            int read = RandomAccess.Read(file, buffer.Span, Position);
            Position += read;
            Read += read;
            return read;
        }
    }
}
