namespace Qos.Transport.Tests;

public sealed class EnclaveConnectionPoolTests : IDisposable
{
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
            await EchoAsync(pool, Pipes.Bytes(i * 1000, i));
        Assert.Equal(1, enclave.Accepted);
    }

    [Fact]
    public async Task Requests_at_once_get_connections_of_their_own_up_to_the_bound()
    {
        await using var enclave = new TestEnclave(_address);
        var gate = new TaskCompletionSource();
        enclave.Gate = gate.Task;
        using EnclaveConnectionPool pool = Pool(new EnclavePoolOptions { MaxConnections = 4 });
        Task[] all = [.. Enumerable.Range(0, 20).Select(i => EchoAsync(pool, Pipes.Bytes(100, i)))];
        BridgeRig.Until(() => enclave.Requests == 4, "four requests are there");
        gate.SetResult();
        await Task.WhenAll(all);
        Assert.Equal(4, enclave.Accepted);
        Assert.Equal(20, enclave.Requests);
    }

    [Fact]
    public async Task A_restarted_enclave_is_found_again()
    {
        using EnclaveConnectionPool pool = Pool();
        for (int life = 0; life < 3; life++)
        {
            await using var enclave = new TestEnclave(_address);
            await Task.WhenAll(Enumerable.Range(0, 5).Select(i => EchoAsync(pool, Pipes.Bytes(100, i))));
            await EchoAsync(pool, Pipes.Bytes(1_000_000));
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_closes_between_the_look_and_the_first_byte_is_replaced(bool streamed)
    {
        await using var enclave = new TestEnclave(_address);
        using EnclaveConnectionPool pool = Pool(new EnclavePoolOptions { MaxConnections = 1 });
        await EchoAsync(pool, [1]);
        byte[] body = Pipes.Bytes(300_000);
        pool.BeforeSend = () =>
        {
            pool.BeforeSend = null;
            enclave.CloseAll();
        };
        using EnclaveResponse response = streamed ? await pool.SendAsync(new MemoryStream(body), body.Length) : await pool.SendAsync(body);
        using FrameBuffer got = await response.ReadToEndAsync(body.Length);
        Assert.Equal(body, got.Span.ToArray());
        Assert.Equal(2, enclave.Requests);
    }

    [Fact]
    public async Task Bodies_are_streamed_both_ways()
    {
        await using var enclave = new TestEnclave(_address);
        using EnclaveConnectionPool pool = Pool();
        byte[] body = Pipes.Bytes(5_000_000);
        using EnclaveResponse response = await pool.SendAsync(new MemoryStream(body), body.Length);
        using var got = new MemoryStream();
        await response.CopyToAsync(got);
        Assert.Equal(body, got.ToArray());
    }

    [Fact]
    public async Task A_body_that_ends_early_costs_its_connection_and_no_other()
    {
        await using var enclave = new TestEnclave(_address);
        using EnclaveConnectionPool pool = Pool(new EnclavePoolOptions { MaxConnections = 1 });
        for (int i = 0; i < 3; i++)
        {
            TransportException e = await Assert.ThrowsAsync<TransportException>(() => pool.SendAsync(new MemoryStream(new byte[100_000]), 100_001));
            Assert.Equal(TransportError.ShortBody, e.Error);
            await EchoAsync(pool, Pipes.Bytes(10));
        }
    }

    [Fact]
    public async Task A_response_that_was_not_read_is_not_found_by_the_next_request()
    {
        await using var enclave = new TestEnclave(_address);
        using EnclaveConnectionPool pool = Pool(new EnclavePoolOptions { MaxConnections = 1 });
        (await pool.SendAsync(Pipes.Bytes(100_000))).Dispose();
        await EchoAsync(pool, Pipes.Bytes(10));
        Assert.Equal(2, enclave.Accepted);
    }

    [Fact]
    public async Task A_request_ends_at_its_deadline_while_it_waits_for_an_answer_or_for_a_connection()
    {
        var time = new FakeTime();
        await using var enclave = new TestEnclave(_address) { Gate = new TaskCompletionSource().Task };
        using var pool = new EnclaveConnectionPool(
            _address, new EnclavePoolOptions { MaxConnections = 1, RequestTimeout = TimeSpan.FromSeconds(20) }, time);
        Task first = EchoAsync(pool, [1]);
        BridgeRig.Until(() => enclave.Requests == 1, "the first is there");
        Task second = EchoAsync(pool, [2]);
        time.Advance(TimeSpan.FromSeconds(21));
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
        Task<EnclaveResponse> request = pool.SendAsync(new byte[1], stop.Token);
        BridgeRig.Until(() => enclave.Requests == 1, "the request is there");
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

    [Fact]
    public async Task A_thousand_connections_that_send_nothing_hold_nothing_and_hinder_nobody()
    {
        await using var enclave = new TestEnclave(_address);
        var silent = new List<EnclaveStream>();
        for (int i = 0; i < 1000; i++)
            silent.Add(await _address.ConnectAsync(EnclaveAddress.ControlPort));
        using EnclaveConnectionPool pool = Pool();
        await EchoAsync(pool, Pipes.Bytes(1_000_000));
        Assert.Equal(1001, enclave.Accepted);
        silent.ForEach(stream => stream.Dispose());
    }

    private EnclaveConnectionPool Pool(EnclavePoolOptions? options = null) =>
        new(_address, options ?? new EnclavePoolOptions(), TimeProvider.System);

    private static async Task EchoAsync(EnclaveConnectionPool pool, byte[] body)
    {
        using EnclaveResponse response = await pool.SendAsync(body);
        Assert.Equal(body.Length, response.Length);
        using FrameBuffer got = await response.ReadToEndAsync(body.Length);
        Assert.Equal(body, got.Span.ToArray());
    }
}
