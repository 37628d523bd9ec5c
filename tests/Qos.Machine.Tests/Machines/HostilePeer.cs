using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Qos.Protocol;
using Qos.Transport;

namespace Qos.Machine.Tests.Machines;

/// <summary>Whoever reaches the machine's vsock port 3 past the host, which is anyone on the parent. Format: docs/protocol/messages.md, Transport ("Ours").</summary>
internal sealed class HostilePeer(EnclaveAddress machine)
{
    private const int Seed = 20261121;
    private const int ShortConnections = 2000;
    private const int AtOnce = 16;
    private const int Silent = 100;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>Does all of it, while silent connections with announced lengths stay open; asks the node's status in between.</summary>
    public async Task AttackAsync(Func<Task> nodeAnswers)
    {
        var held = new List<EnclaveStream>();
        try
        {
            for (int i = 0; i < Silent; i++)
            {
                held.Add(await ConnectAsync());
                await held[i].WriteAsync((byte[])[.. Length(128UL << 20), .. "{\"boot"u8]);
            }

            await nodeAnswers();
            await LengthsAboveTheLimitAsync();
            await nodeAnswers();
            await HalfFramesAsync();
            await nodeAnswers();
            await GarbageAsync();
            await nodeAnswers();
            await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => ShortConnectionsAsync(ShortConnections / AtOnce)));
            await nodeAnswers();
        }
        finally
        {
            foreach (EnclaveStream stream in held)
                await stream.DisposeAsync();
        }

        await nodeAnswers();
    }

    private static byte[] Length(ulong length)
    {
        byte[] head = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(head, length);
        return head;
    }

    private Task<EnclaveStream> ConnectAsync() => machine.ConnectAsync(EnclaveAddress.ControlPort);

    private async Task LengthsAboveTheLimitAsync()
    {
        foreach (ulong length in (ulong[])[(128UL << 20) + 1, 1UL << 63, ulong.MaxValue])
        {
            using EnclaveStream stream = await ConnectAsync();
            await stream.WriteAsync(Length(length));
            using var answer = new MemoryStream();
            await CopyToEndAsync(stream, answer);
            Assert.Equal(
                """{"protocolErrorResponse":"OversizeMsg"}""", Encoding.UTF8.GetString(answer.ToArray().AsSpan(sizeof(ulong))));
        }
    }

    // A boot request's beginnings, each cut off by a peer that vanishes.
    private async Task HalfFramesAsync()
    {
        byte[] body = [.. "{\"bootStandardRequest\":{\"manifest_envelope\":{},\"pivot\":\""u8, .. Enumerable.Repeat((byte)'7', 64 * 1024)];
        byte[] frame = [.. Length(1 << 20), .. body];
        foreach (int end in (int[])[.. Enumerable.Range(0, 80), 1000, 30_000, 40_000, frame.Length])
        {
            using EnclaveStream stream = await ConnectAsync();
            await stream.WriteAsync(frame.AsMemory(0, end));
        }
    }

    private async Task GarbageAsync()
    {
        for (int seed = Seed; seed < Seed + 50; seed++)
        {
#pragma warning disable CA5394 // Reproducible bytes are wanted, not secret ones.
            var random = new Random(seed);
            byte[] garbage = new byte[random.Next(1, 64 * 1024)];
            random.NextBytes(garbage);
#pragma warning restore CA5394

            // Some as bodies of a frame that can be one, some as they are.
            using EnclaveStream stream = await ConnectAsync();
            if (seed % 2 == 0)
            {
                await stream.WriteAsync((byte[])[.. Length((ulong)garbage.Length), .. garbage]);
                byte[] answer = new byte[4096];
                int read = await ReadAsync(stream, answer);
                Assert.True(
                    read > sizeof(ulong) && MessageCodec.Decode(answer.AsSpan(sizeof(ulong), read - sizeof(ulong))).Message is ProtocolMessage.ProtocolErrorResponse,
                    string.Create(CultureInfo.InvariantCulture, $"Seed {seed}: {read} bytes of an answer that is no refusal."));
            }
            else
            {
                await WriteUntilCutOffAsync(stream, garbage);
            }
        }
    }

    private async Task ShortConnectionsAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            using EnclaveStream stream = await ConnectAsync();
            if (i % 2 == 0)
                await WriteUntilCutOffAsync(stream, [(byte)i]);
        }
    }

    private static async Task WriteUntilCutOffAsync(EnclaveStream stream, byte[] bytes)
    {
        try
        {
            await stream.WriteAsync(bytes);
        }
        catch (Exception e) when (e is IOException or TransportException)
        {
            // The node has closed it, which is its right.
        }
    }

    private static async Task CopyToEndAsync(EnclaveStream stream, Stream to)
    {
        using var patience = new CancellationTokenSource(s_patience);
        await stream.CopyToAsync(to, patience.Token);
    }

    private static async Task<int> ReadAsync(EnclaveStream stream, byte[] answer)
    {
        using var patience = new CancellationTokenSource(s_patience);
        return await stream.ReadAtLeastAsync(answer, sizeof(ulong) + 1, throwOnEndOfStream: false, patience.Token);
    }
}
