using System.Net;
using Qos.Transport;

namespace Qos.Host.Tests;

/// <summary>A large message that comes fast is passed on while it arrives; one that pauses gives its connection back.</summary>
public sealed class EarlyMessageTests : IDisposable
{
    private const int MiB = 1024 * 1024;

    private readonly Scratch _scratch = new();
    private readonly EnclaveAddress _address;
    private readonly HostSettings _settings;
    private readonly SpoolBudget _budget = new(64 * MiB, TimeProvider.System);

    public EarlyMessageTests()
    {
        _address = EnclaveAddress.Unix(_scratch.PathOf("s"));
        _settings = new HostSettings { Enclave = _address, Listen = [new IPEndPoint(IPAddress.Loopback, 1)] };
    }

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task One_that_comes_fast_is_answered_once()
    {
        await using var enclave = new TestEnclave(_address);
        using var gateway = new EnclaveGateway(_settings, TimeProvider.System);
        byte[] sent = Bytes();
        using SpooledBody message = Body(), answer = Body();
        Task<bool> upload = message.UploadAsync(new MemoryStream(sent), sent.Length, default);
        Assert.True(await gateway.TryPassEarlyAsync(message, sent.Length, answer, default));
        Assert.True(await upload);
        Assert.Equal(sent, await ReadAsync(answer));
        Assert.Equal(1, enclave.Requests);
    }

    [Fact]
    public async Task One_that_pauses_gives_its_connection_back_and_is_passed_on_later()
    {
        await using var enclave = new TestEnclave(_address);
        using var gateway = new EnclaveGateway(_settings, TimeProvider.System);
        byte[] sent = Bytes();
        using SpooledBody message = Body(), answer = Body();
        using var stall = new Stall(sent[..(2 * MiB)], sent[(2 * MiB)..]);
        Task<bool> upload = message.UploadAsync(stall, sent.Length, default);
        Assert.False(await gateway.TryPassEarlyAsync(message, sent.Length, answer, default));
        Assert.False(upload.IsCompleted);
        stall.End();
        Assert.True(await upload);
        await gateway.PassAsync(message, answer, default);
        Assert.Equal(sent, await ReadAsync(answer));
        Assert.Equal(1, enclave.Requests);
    }

    [Fact]
    public async Task One_whose_enclave_goes_away_meanwhile_is_passed_on_whole_to_the_next()
    {
        using var gateway = new EnclaveGateway(_settings, TimeProvider.System);
        byte[] sent = Bytes();
        using SpooledBody message = Body(), answer = Body();
        using var stall = new Stall(sent[..(2 * MiB)], sent[(2 * MiB)..]);
        Task<bool> upload;
        Task<bool> early;
        await using (var first = new TestEnclave(_address))
        {
            upload = message.UploadAsync(stall, sent.Length, default);
            early = gateway.TryPassEarlyAsync(message, sent.Length, answer, default);
        }

        Assert.False(await early);
        Assert.False(upload.IsCompleted);
        await using var enclave = new TestEnclave(_address);
        stall.End();
        Assert.True(await upload);
        await gateway.PassAsync(message, answer, default);
        Assert.Equal(sent, await ReadAsync(answer));
        Assert.Equal(1, enclave.Requests);
    }

    [Fact]
    public async Task An_enclave_that_serves_one_at_a_time_gets_whole_messages_alone()
    {
        using var gateway = new EnclaveGateway(_settings with { SingleConnection = true }, TimeProvider.System);
        using SpooledBody message = Body(), answer = Body();
        Assert.True(await message.UploadAsync(new MemoryStream(Bytes()), 3 * MiB, default));
        Assert.False(await gateway.TryPassEarlyAsync(message, 3 * MiB, answer, default));
    }

    private SpooledBody Body() => new(_budget, _scratch.Folder, TimeProvider.System);

    private static byte[] Bytes() => [.. Enumerable.Range(0, 3 * MiB).Select(static i => (byte)(i * 31))];

    private static async Task<byte[]> ReadAsync(SpooledBody body)
    {
        using var got = new MemoryStream();
        await body.Open().CopyToAsync(got);
        return got.ToArray();
    }
}
