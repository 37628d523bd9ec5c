namespace Qos.Host.Tests;

public sealed class SpoolTests : IDisposable
{
    private const int MiB = 1024 * 1024;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    private readonly FakeTime _time = new();
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(SpooledBody.InMemory)]
    [InlineData(SpooledBody.InMemory + 1)]
    [InlineData(3 * MiB)]
    public async Task A_body_is_what_was_sent_as_often_as_it_is_opened_and_no_file_has_a_name(int length)
    {
        var budget = new SpoolBudget(8 * MiB, _time);
        byte[] sent = Bytes(length);
        using (SpooledBody body = Body(budget))
        {
            Assert.True(await body.UploadAsync(new MemoryStream(sent), length, default));
            Assert.Equal(length, body.Length);
            Assert.Equal(length, budget.Used);
            Assert.Empty(Directory.GetFileSystemEntries(_scratch.Folder));
            for (int i = 0; i < 2; i++)
            {
                using var got = new MemoryStream();
                await body.Open().CopyToAsync(got);
                Assert.Equal(sent, got.ToArray());
            }
        }

        Assert.Equal(0, budget.Used);
    }

    [Fact]
    public async Task A_body_in_small_pieces_is_put_together()
    {
        var budget = new SpoolBudget(8 * MiB, _time);
        byte[] sent = Bytes(200_000);
        using SpooledBody body = Body(budget);
        Assert.True(await body.UploadAsync(new Dribble(sent, 777), HostSettings.MaxMessageBytes, default));
        using var got = new MemoryStream();
        await body.Open().CopyToAsync(got);
        Assert.Equal(sent, got.ToArray());
    }

    [Fact]
    public async Task A_body_that_is_too_long_is_not_held()
    {
        var budget = new SpoolBudget(8 * MiB, _time);
        using SpooledBody body = Body(budget);
        Assert.False(await body.UploadAsync(new MemoryStream(new byte[MiB + 1]), MiB, default));
    }

    [Fact]
    public async Task What_does_not_fit_is_refused_and_gives_its_bytes_back()
    {
        var budget = new SpoolBudget(MiB, _time);
        using (SpooledBody body = Body(budget))
            await Assert.ThrowsAsync<SpoolException>(() => body.UploadAsync(new MemoryStream(new byte[MiB + 1]), 2 * MiB, default));
        Assert.Equal(0, budget.Used);
    }

    [Fact]
    public async Task The_slowest_upload_is_given_up_for_a_faster_one()
    {
        var budget = new SpoolBudget(2 * MiB, _time);
        using SpooledBody slow = Body(budget), slower = Body(budget);
        using var stall = new Stall(new byte[MiB]);
        using var longStall = new Stall(new byte[512 * 1024]);
        Task<bool> first = slow.UploadAsync(stall, 2 * MiB, default);
        Task<bool> second = slower.UploadAsync(longStall, 2 * MiB, default);
        await stall.Stalled;
        await longStall.Stalled;
        _time.Advance(TimeSpan.FromSeconds(10));

        using SpooledBody fast = Body(budget);
        Assert.True(await fast.UploadAsync(new MemoryStream(new byte[MiB]), MiB, default));
        await Assert.ThrowsAsync<SpoolException>(() => second);
        Assert.False(first.IsCompleted);
        Assert.Equal(1, budget.Evicted);
        Assert.Equal(2 * MiB, budget.Used);
        stall.End();
        Assert.True(await first);
    }

    [Fact]
    public async Task A_body_is_read_while_it_arrives_and_a_pause_ends_the_reading_and_not_the_upload()
    {
        var budget = new SpoolBudget(8 * MiB, _time);
        byte[] sent = Bytes(2 * MiB);
        using SpooledBody body = Body(budget);
        using var stall = new Stall(sent[..MiB], sent[MiB..]);
        Task<bool> upload = body.UploadAsync(stall, 2 * MiB, default);
        Assert.True(await body.HasAsync(MiB, s_pause));
        await stall.Stalled;

        using Stream early = body.OpenEarly(2 * MiB, s_pause);
        byte[] got = new byte[MiB];
        await early.ReadExactlyAsync(got);
        Assert.Equal(sent[..MiB], got);
        ValueTask<int> late = early.ReadAsync(got);
        Assert.False(late.IsCompleted);
        _time.Advance(s_pause);
        await Assert.ThrowsAsync<UploadStalledException>(() => late.AsTask());

        using Stream second = body.OpenEarly(2 * MiB, s_pause);
        using var all = new MemoryStream();
        Task copy = second.CopyToAsync(all);
        stall.End();
        Assert.True(await upload);
        await copy;
        Assert.Equal(sent, all.ToArray());
    }

    [Fact]
    public async Task A_reader_of_an_upload_that_fails_is_told()
    {
        var budget = new SpoolBudget(8 * MiB, _time);
        using SpooledBody body = Body(budget);
        using var stall = new Stall(new byte[MiB]);
        using var stop = new CancellationTokenSource();
        Task<bool> upload = body.UploadAsync(stall, 2 * MiB, stop.Token);
        await stall.Stalled;
        Task<bool> more = body.HasAsync(MiB + 1, s_pause).AsTask();
        await stop.CancelAsync();
        Assert.False(await more);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upload);
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_said()
    {
        var budget = new SpoolBudget(8 * MiB, _time);
        using var body = new SpooledBody(budget, _scratch.PathOf("missing"), _time);
        SpoolException e = await Assert.ThrowsAsync<SpoolException>(() => body.UploadAsync(new MemoryStream(new byte[MiB]), MiB, default));
        Assert.Contains("missing", e.Message, StringComparison.Ordinal);
    }

    private SpooledBody Body(SpoolBudget budget) => new(budget, _scratch.Folder, _time);

    private static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(static i => (byte)(i * 31))];

    /// <summary>Gives a few bytes at a time.</summary>
    private sealed class Dribble(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(most, buffer.Length)], cancellationToken);
    }
}
