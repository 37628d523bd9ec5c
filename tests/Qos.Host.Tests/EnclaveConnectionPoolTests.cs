using Qos.Transport;

namespace Qos.Host.Tests;

public sealed class EnclaveConnectionPoolTests : IDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    private readonly Scratch _scratch = new();
    private readonly EnclaveAddress _address;

    public EnclaveConnectionPoolTests() => _address = EnclaveAddress.Unix(_scratch.PathOf("s"));

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Requests_one_after_the_other_share_a_connection()
    {
        await using var enclave = new TestEnclave(_address);
        using EnclaveConnectionPool pool = Pool();
        for (int i = 0; i < 50; i++)
            await EchoAsync(pool, Bytes(i * 1000));
        Assert.Equal(1, enclave.Accepted);
    }

    [Fact]
    public async Task Requests_at_once_get_connections_of_their_own_up_to_the_bound()
    {
        var gate = new TaskCompletionSource();
        await using var enclave = new TestEnclave(_address) { Gate = gate.Task };
        using EnclaveConnectionPool pool = Pool(new EnclavePoolOptions { MaxMessages = 4 });
        Task[] all = [.. Enumerable.Range(0, 20).Select(_ => EchoAsync(pool, Bytes(100)))];
        await enclave.HasAsync(4);
        gate.SetResult();
        await Task.WhenAll(all);
        Assert.Equal(4, enclave.Accepted);
        Assert.Equal(20, enclave.Requests);
    }

    [Fact]
    public async Task A_question_of_the_hosts_own_never_waits_for_messages()
    {
        var gate = new TaskCompletionSource();
        await using var enclave = new TestEnclave(_address) { Gate = gate.Task };
        using EnclaveConnectionPool pool = Pool(new EnclavePoolOptions { MaxMessages = 1 });
        Task[] messages = [.. Enumerable.Range(0, 3).Select(_ => EchoAsync(pool, Bytes(100)))];
        await enclave.HasAsync(1);
        Task question = EchoAsync(pool, Bytes(10), EnclaveLane.Questions);
        await enclave.HasAsync(2);
        gate.SetResult();
        await question;
        await Task.WhenAll(messages);
    }

    [Fact]
    public async Task An_enclave_that_serves_one_at_a_time_meets_one_connection_which_is_closed_after_the_answer()
    {
        await using var enclave = new TestEnclave(_address) { ExpectsOneAtATime = true };
        using EnclaveConnectionPool pool = Pool();
        await EchoAsync(pool, [1]);
        Assert.Equal(1, pool.IdleCount);

        pool.ServesOneAtATime = true;
        Assert.Equal(0, pool.IdleCount);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => EchoAsync(pool, Bytes(1000), i % 2 == 0 ? EnclaveLane.Messages : EnclaveLane.Questions)));
        Assert.Equal(0, pool.IdleCount);
        Assert.Equal(9, enclave.Accepted);
        Assert.Equal(1, enclave.MostAtOnce);
    }

    [Fact]
    public async Task A_restarted_enclave_is_found_again()
    {
        using EnclaveConnectionPool pool = Pool();
        for (int life = 0; life < 3; life++)
        {
            await using var enclave = new TestEnclave(_address);
            await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => EchoAsync(pool, Bytes(100))));
            await EchoAsync(pool, Bytes(1_000_000));
        }

        TransportException e = await Assert.ThrowsAsync<TransportException>(() => EchoAsync(pool, [1]));
        Assert.Equal(TransportError.Unreachable, e.Error);
    }

    [Fact]
    public async Task A_request_that_was_sent_is_never_repeated()
    {
        await using var enclave = new TestEnclave(_address);
        using EnclaveConnectionPool pool = Pool();
        await EchoAsync(pool, [1]);
        enclave.Hangs = true;
        TransportException e = await Assert.ThrowsAsync<TransportException>(() => EchoAsync(pool, [2]));
        Assert.Equal(TransportError.Disconnected, e.Error);
        Assert.Equal(2, enclave.Requests);
    }

    [Fact]
    public async Task A_connection_that_closes_between_the_look_and_the_first_byte_is_replaced()
    {
        await using var enclave = new TestEnclave(_address);
        using EnclaveConnectionPool pool = Pool();
        await EchoAsync(pool, [1]);
        pool.BeforeSend = () =>
        {
            pool.BeforeSend = null;
            enclave.CloseAll();
        };
        await EchoAsync(pool, Bytes(300_000));
        Assert.Equal(2, enclave.Requests);
    }

    [Fact]
    public async Task An_answer_that_was_not_read_is_not_found_by_the_next_request()
    {
        await using var enclave = new TestEnclave(_address);
        using EnclaveConnectionPool pool = Pool();
        await pool.ExchangeAsync(
            EnclaveLane.Messages, (writer, token) => writer.WriteAsync(Bytes(100_000), token), static (_, _) => ValueTask.FromResult(0), s_timeout, default);
        await EchoAsync(pool, Bytes(10));
        Assert.Equal(2, enclave.Accepted);
    }

    [Fact]
    public async Task A_request_ends_at_its_deadline_while_it_waits_for_an_answer_or_for_a_connection()
    {
        var time = new FakeTime();
        await using var enclave = new TestEnclave(_address) { Gate = new TaskCompletionSource().Task };
        using var pool = new EnclaveConnectionPool(_address, new EnclavePoolOptions { MaxMessages = 1 }, time);
        Task first = EchoAsync(pool, [1]);
        await enclave.HasAsync(1);
        Task second = EchoAsync(pool, [2]);
        time.Advance(s_timeout + TimeSpan.FromSeconds(1));
        foreach (Task task in (Task[])[first, second])
            Assert.Equal(TransportError.Deadline, (await Assert.ThrowsAsync<TransportException>(() => task)).Error);

        enclave.Gate = Task.CompletedTask;
        await EchoAsync(pool, [3]);
    }

    [Fact]
    public async Task The_callers_own_wish_to_stop_is_not_a_deadline()
    {
        await using var enclave = new TestEnclave(_address) { Gate = new TaskCompletionSource().Task };
        using EnclaveConnectionPool pool = Pool();
        using var stop = new CancellationTokenSource();
        Task request = EchoAsync(pool, [1], EnclaveLane.Messages, stop.Token);
        await enclave.HasAsync(1);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
    }

    [Fact]
    public async Task A_connection_that_lay_too_long_is_not_used()
    {
        var time = new FakeTime();
        await using var enclave = new TestEnclave(_address);
        using var pool = new EnclaveConnectionPool(_address, new EnclavePoolOptions { MaxIdle = TimeSpan.FromSeconds(60) }, time);
        await EchoAsync(pool, [1]);
        Assert.Equal(1, pool.IdleCount);
        time.Advance(TimeSpan.FromSeconds(61));
        await EchoAsync(pool, [1]);
        Assert.Equal(2, enclave.Accepted);
    }

    private EnclaveConnectionPool Pool(EnclavePoolOptions? options = null) => new(_address, options ?? new EnclavePoolOptions(), TimeProvider.System);

    private static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(static i => (byte)(i * 31))];

    private static async Task EchoAsync(
        EnclaveConnectionPool pool, byte[] body, EnclaveLane lane = EnclaveLane.Messages, CancellationToken cancellationToken = default)
    {
        using FrameBuffer got = await pool.ExchangeAsync(
            lane, (writer, token) => writer.WriteAsync(body, token), (reader, token) => reader.ReadToEndAsync(body.Length, token), s_timeout, cancellationToken);
        Assert.Equal(body, got.Span.ToArray());
    }
}
