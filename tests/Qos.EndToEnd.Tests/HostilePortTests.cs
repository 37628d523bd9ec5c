using System.Buffers.Binary;
using System.Text;
using Qos.Client;
using Qos.EndToEnd.Local;
using Qos.Protocol;

namespace Qos.EndToEnd.Tests;

/// <summary>Whoever reaches the enclave's control port can do no harm. Format: docs/protocol/messages.md, Transport ("Ours").</summary>
public sealed class HostilePortTests(ITestOutputHelper output) : NodeTests(output)
{
    private const long Slack = 10 * 1024 * 1024;

    public static TheoryData<string, byte[]> NoMessages => new()
    {
        { "nothing", [] },
        { "white space", "  \n"u8.ToArray() },
        { "half of a JSON text", "{\"statusRequest\""u8.ToArray() },
        { "two JSON texts", "\"statusRequest\"\"statusRequest\""u8.ToArray() },
        { "an unknown variant", "\"statusRequests\""u8.ToArray() },
        { "a name twice", "{\"provisionRequest\":{\"share\":\"00\",\"share\":\"00\"}}"u8.ToArray() },
        { "the variant twice", "{\"statusRequest\":{},\"statusRequest\":{}}"u8.ToArray() },
        { "deep nesting", Encoding.ASCII.GetBytes("{\"a\":" + new string('[', 100_000) + new string(']', 100_000) + "}") },
        { "invalid UTF-8", [.. "{\"proxyRequest\":{\"data\":\""u8, 0xc3, 0x28, .. "\"}}"u8] },
        { "a lone surrogate", "{\"\\ud800\":1}"u8.ToArray() },
        { "odd hex", "{\"proxyRequest\":{\"data\":\"abc\"}}"u8.ToArray() },
        { "garbage Borsh", [23, 0xff, 0xff, 0xff, 0xff, 1, 2, 3] },
        { "an unknown Borsh variant", [200] },
        { "Borsh with bytes after it", [1, 0] },
        { "a truncated Borsh boot", [3, 1, 0, 0] },
        { "zeros", new byte[4096] },
        { "ones", [.. Enumerable.Repeat((byte)0xff, 4096)] },
    };

    [Fact]
    public async Task What_is_no_message_is_answered_with_an_error_and_the_connection_goes_on()
    {
        await using LocalNode node = await EnclaveAsync();
        using ControlSocket connection = await ControlSocket.ConnectAsync(node.Socket);
        foreach ((string name, byte[] message) in NoMessages.Select(row => row.Data))
        {
            ProtocolMessage answer = await connection.AskAsync(message);
            Assert.True(
                answer is ProtocolMessage.ProtocolErrorResponse { Error.Code: ProtocolErrorCode.ProtocolMsgDeserialization },
                $"{name} is answered with {answer}");
        }

        await UnharmedAsync(node, connection);
    }

    [Theory]
    [InlineData((128UL << 20) + 1)]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue)]
    public async Task A_length_above_the_limit_is_refused_before_anything_is_held(ulong length)
    {
        await using LocalNode node = await EnclaveAsync();
        using ControlSocket connection = await ControlSocket.ConnectAsync(node.Socket);
        byte[] head = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(head, length);
        await connection.SendAsync(head);
        Assert.Equal(ProtocolErrorCode.OversizeMsg, Refusal(MessageCodec.Decode((await connection.ReceiveAsync())!).Message).Code);
        Assert.Null(await connection.ReceiveAsync());
        await UnharmedAsync(node);
    }

    [Fact]
    public async Task Announced_bytes_cost_nothing_until_they_arrive()
    {
        await using LocalNode node = await EnclaveAsync();
        long before = node.Enclave.StatusBytes("VmRSS");
        byte[] head = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(head, 128UL << 20);
        var connections = new List<ControlSocket>();
        for (int i = 0; i < 200; i++)
        {
            connections.Add(await ControlSocket.ConnectAsync(node.Socket));
            await connections[i].SendAsync(head);
            await connections[i].SendAsync("{\"boot"u8.ToArray());
        }

        Assert.Equal(ProtocolPhase.WaitingForBootInstruction, await node.PhaseAsync());
        Assert.InRange(node.Enclave.StatusBytes("VmRSS") - before, long.MinValue, 2 * Slack);
        connections.ForEach(connection => connection.Dispose());
        await UnharmedAsync(node);
    }

    [Fact]
    public async Task A_thousand_silent_connections_keep_nobody_from_being_answered()
    {
        await using LocalNode node = await EnclaveAsync();
        int before = node.Enclave.Descriptors;
        var silent = new List<ControlSocket>();
        for (int i = 0; i < 1000; i++)
            silent.Add(await ControlSocket.ConnectAsync(node.Socket));
        for (int i = 0; i < 20; i++)
            Assert.Equal(ProtocolPhase.WaitingForBootInstruction, await node.PhaseAsync());
        silent.ForEach(connection => connection.Dispose());
        await Eventually.TrueAsync(
            () => node.Enclave.Descriptors <= before + 2, () => $"{node.Enclave.Descriptors} descriptors are open, {before} were.");
        await UnharmedAsync(node);
    }

    [Fact]
    public async Task A_peer_that_is_too_slow_is_cut_off()
    {
        await using LocalNode node = await EnclaveAsync();
        using ControlSocket slow = await ControlSocket.ConnectAsync(node.Socket);
        await slow.SendAsync(ControlSocket.Frame(new byte[1000]).AsMemory(0, 9));
        Assert.Equal(ProtocolPhase.WaitingForBootInstruction, await node.PhaseAsync());
        Assert.Null(await slow.ReceiveAsync());
        await UnharmedAsync(node);
    }

    [Theory]
    [InlineData(BootRequestForm.StandardJson)]
    [InlineData(BootRequestForm.StandardRaw)]
    public async Task A_peer_that_vanishes_at_any_byte_of_a_boot_request_leaves_nothing_behind(BootRequestForm form)
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync();
        byte[] pivot = [.. Quiet, .. Enumerable.Repeat((byte)'#', 3000)];
        ManifestEnvelope envelope = quorum.Approve(quorum.Manifest(node, pivot));
        byte[] frame = await BootFrameAsync(envelope, form, pivot);
        int[] ends =
        [
            .. Enumerable.Range(0, 300),
            .. Enumerable.Range(0, frame.Length).Where(at => at % 41 == 0),
            .. Enumerable.Range(frame.Length - 300, 300),
        ];
        await VanishAsync(node, frame, ends[..20]);
        long memory = node.Enclave.StatusBytes("VmRSS");
        int descriptors = node.Enclave.Descriptors;

        await VanishAsync(node, frame, ends);

        await Eventually.TrueAsync(
            () => node.FileNames.Length == 0 && node.Enclave.Descriptors <= descriptors + 2,
            () => $"left behind: {string.Join(", ", node.FileNames)}; {node.Enclave.Descriptors} descriptors after {descriptors}");
        Assert.InRange(node.Enclave.StatusBytes("VmRSS") - memory, long.MinValue, Slack);
        await node.BootAsync(envelope, pivot);
        Assert.Equal(ProtocolPhase.WaitingForQuorumShards, await node.PhaseAsync());
    }

    [Fact]
    public async Task Many_requests_leave_no_heap_of_garbage()
    {
        await using LocalNode node = await EnclaveAsync();
        using ControlSocket connection = await ControlSocket.ConnectAsync(node.Socket);
        byte[] nonsense = [.. "{\"proxyRequest\":{\"data\":\""u8, .. Enumerable.Repeat((byte)'0', 256 * 1024), .. "\"}}"u8];
        for (int i = 0; i < 1000; i++)
            Refusal(await connection.AskAsync(nonsense));
        Assert.InRange(node.Enclave.StatusBytes("VmHWM"), 0, 32L * 1024 * 1024);
        await UnharmedAsync(node, connection);
    }

    [Fact]
    public async Task Requests_may_come_together_and_are_answered_in_order()
    {
        await using LocalNode node = await EnclaveAsync();
        using ControlSocket connection = await ControlSocket.ConnectAsync(node.Socket);
        byte[] both = [.. ControlSocket.Frame("\"statusRequest\""u8), .. ControlSocket.Frame([21])];
        foreach (byte one in both)
            await connection.SendAsync(new[] { one });
        Assert.IsType<ProtocolMessage.StatusResponse>(MessageCodec.Decode((await connection.ReceiveAsync())!).Message);
        Assert.IsType<ProtocolMessage.VersionResponse>(MessageCodec.Decode((await connection.ReceiveAsync())!).Message);
        connection.EndSending();
        Assert.Null(await connection.ReceiveAsync());
    }

    private static async Task<byte[]> BootFrameAsync(ManifestEnvelope envelope, BootRequestForm form, byte[] pivot)
    {
        using var body = new MemoryStream();
        await new BootRequestWriter(envelope, form, pivot.Length).WriteAsync(body, new MemoryStream(pivot));
        return ControlSocket.Frame(body.ToArray());
    }

    private static async Task VanishAsync(LocalNode node, byte[] frame, IEnumerable<int> ends)
    {
        foreach (int end in ends)
        {
            using ControlSocket connection = await ControlSocket.ConnectAsync(node.Socket);
            await connection.SendAsync(frame.AsMemory(0, end));
        }

        Assert.Equal(ProtocolPhase.WaitingForBootInstruction, await node.PhaseAsync());
    }

    private static async Task UnharmedAsync(LocalNode node, ControlSocket? connection = null)
    {
        ProtocolMessage answer = connection is null
            ? await node.AskAsync(new ProtocolMessage.StatusRequest())
            : await connection.AskAsync(new ProtocolMessage.StatusRequest());
        Assert.Equal(new ProtocolMessage.StatusResponse(ProtocolPhase.WaitingForBootInstruction), answer);
        Assert.Empty(node.FileNames);
        AssertReadable(node.Enclave.Errors);
    }
}
