namespace Qos.Host.Tests;

public sealed class SpoolTests : IDisposable
{
    private const int MiB = 1024 * 1024;

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

    /// <summary>Gives its bytes and then nothing until it is told to end.</summary>
    private sealed class Stall(byte[] bytes) : MemoryStream(bytes)
    {
        private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Stalled => _stalled.Task;

        public void End() => _end.SetResult();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await base.ReadAsync(buffer, cancellationToken);
            if (read > 0)
                return read;
            _stalled.TrySetResult();
            await _end.Task.WaitAsync(cancellationToken);
            return 0;
        }
    }
}
