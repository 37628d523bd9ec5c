using System.Net;
using Qos.Protocol;
using Qos.Transport;

namespace Qos.Host.Tests;

/// <summary>The reference's enclave: it serves one connection after the other, each until it is closed, and does not know <c>nodeStatusRequest</c>.</summary>
public sealed class EnclaveOfAnotherMakeTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_host_leaves_such_an_enclave_to_others_after_each_answer(bool isTold)
    {
        EnclaveAddress address = EnclaveAddress.Unix(_scratch.PathOf("s"));
        using EnclaveListener listener = EnclaveListener.Listen(address);
        using var stop = new CancellationTokenSource();
        Task enclave = ServeOneByOneAsync(listener, stop.Token);
        var settings = new HostSettings { Enclave = address, Listen = [new IPEndPoint(IPAddress.Loopback, 1)], SingleConnection = isTold };
        using var gateway = new EnclaveGateway(settings, TimeProvider.System);
        for (int i = 0; i < 3; i++)
        {
            NodeStatus status = await gateway.StatusAsync(default);
            Assert.Equal(new NodeStatus(ProtocolPhase.WaitingForBootInstruction, null, null), status);
            Assert.True(gateway.IsOfAnotherMake);

            // Somebody else, the reference's client for one: answered at once, because the host has closed its connection.
            using FrameConnection other = await FrameConnection.ConnectAsync(address, FrameLimits.Default, TimeProvider.System);
            byte[] question = MessageCodec.Encode(new ProtocolMessage.StatusRequest(), WireEncoding.Json);
            using FrameBuffer answer = await other.RequestAsync(question, 1000).WaitAsync(TimeSpan.FromSeconds(60));
            Assert.IsType<ProtocolMessage.StatusResponse>(MessageCodec.Decode(answer.Span).Message);
        }

        await stop.CancelAsync();
        await enclave;
    }

    private static async Task ServeOneByOneAsync(EnclaveListener listener, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                using var connection = new FrameConnection(await listener.AcceptAsync(cancellationToken), FrameLimits.Default, TimeProvider.System);
                while (await connection.Reader.NextAsync(cancellationToken))
                {
                    using FrameBuffer question = await connection.Reader.ReadToEndAsync(1000, cancellationToken);
                    ProtocolMessage answer = MessageCodec.Decode(question.Span).Message is ProtocolMessage.StatusRequest
                        ? new ProtocolMessage.StatusResponse(ProtocolPhase.WaitingForBootInstruction)
                        : new ProtocolMessage.ProtocolErrorResponse(new ProtocolError(ProtocolErrorCode.ProtocolMsgDeserialization));
                    await connection.Writer.WriteAsync(MessageCodec.Encode(answer, WireEncoding.Json), cancellationToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
