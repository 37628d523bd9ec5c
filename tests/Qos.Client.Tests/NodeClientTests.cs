using System.Net;
using System.Net.Sockets;
using Qos.Protocol;

namespace Qos.Client.Tests;

/// <summary>What an operator is told when a host, or the enclave behind it, does not answer as it should.</summary>
public sealed class NodeClientTests
{
    [Theory]
    [InlineData("http://127.0.0.1:3001", null)]
    [InlineData("https://host.example/api", null)]
    [InlineData("127.0.0.1:8080", "write http://127.0.0.1:8080")]
    [InlineData("localhost:8080", "write http://localhost:8080")]
    [InlineData("ftp://x", "not the URL")]
    [InlineData("", "not the URL")]
    public void A_host_without_scheme_is_told_with_one(string text, string? complaint)
    {
        string? described = NodeClient.DescribeHost(text);
        if (complaint is null)
            Assert.Null(described);
        else
            Assert.Contains(complaint, described, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(500, "the socket enclave.sock refuses: Connection refused", "does not reach its enclave: the socket enclave.sock refuses: Connection refused")]
    [InlineData(404, "", "EnclaveClient")]
    public async Task A_host_that_does_not_reach_its_enclave_is_asked_why(int status, string reason, string told)
    {
        using var listener = new HttpListener();
        string url = $"http://127.0.0.1:{FreePort()}";
        listener.Prefixes.Add(url + "/qos/");
        listener.Start();
        Task serving = ServeAsync(listener, status, reason);
        using var node = new NodeClient(url);
        Exception refused = await Assert.ThrowsAnyAsync<Exception>(() => node.VersionAsync(TestContext.Current.CancellationToken));
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
        listener.Stop();
        await serving;
    }

    [Fact]
    public async Task A_host_that_resets_connections_as_they_open_cannot_be_reached()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task resetting = EachAsync(
            listener,
            static (connection, _) =>
            {
                connection.LingerState = new LingerOption(true, 0);
                return Task.CompletedTask;
            },
            stop.Token);

        // Whether the reset comes before or after the framework looks at the connection differs from one try to the next.
        for (int count = 0; count < 200; count++)
        {
            using var node = new NodeClient($"http://{listener.LocalEndpoint}");
            CeremonyException refused = await Assert.ThrowsAsync<CeremonyException>(() => node.VersionAsync(TestContext.Current.CancellationToken));
            Assert.Contains("cannot be reached", refused.Message, StringComparison.Ordinal);
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => resetting);
    }

    [Theory]
    [InlineData("https", "HTTP/1.1 400 Bad Request\r\n\r\n", "cannot be reached: TLS failed: ")]
    [InlineData("http", "", "cannot be reached: The response ended prematurely")]
    public async Task What_answers_something_else_is_told_by_its_innermost_reason(string scheme, string answer, string told)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task answering = EachAsync(
            listener,
            async (connection, token) =>
            {
                await connection.ReceiveAsync(new byte[64 * 1024], token);
                await connection.SendAsync(System.Text.Encoding.ASCII.GetBytes(answer), token);
                connection.Shutdown(SocketShutdown.Send);
                await connection.ReceiveAsync(new byte[64 * 1024], token);
            },
            stop.Token);
        using (var node = new NodeClient($"{scheme}://{listener.LocalEndpoint}"))
        {
            CeremonyException refused = await Assert.ThrowsAsync<CeremonyException>(() => node.VersionAsync(TestContext.Current.CancellationToken));
            Assert.Contains(told, refused.Message, StringComparison.Ordinal);
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => answering);
    }

    private static Task EachAsync(TcpListener listener, Func<Socket, CancellationToken, Task> serve, CancellationToken stop) => Task.Run(
        async () =>
        {
            while (true)
            {
                using Socket connection = await listener.AcceptSocketAsync(stop);
                await serve(connection, stop);
            }
        },
        stop);

    private static async Task ServeAsync(HttpListener listener, int status, string reason)
    {
        var error = new ProtocolMessage.ProtocolErrorResponse(new ProtocolError(ProtocolErrorCode.EnclaveClient));
        try
        {
            while (true)
            {
                HttpListenerContext context = await listener.GetContextAsync();
                bool isQuestion = context.Request.HttpMethod == "GET";
                context.Response.StatusCode = isQuestion ? status : 500;
                await context.Response.OutputStream.WriteAsync(isQuestion ? System.Text.Encoding.UTF8.GetBytes(reason) : MessageCodec.Encode(error, WireEncoding.Json));
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or InvalidOperationException)
        {
            // It was stopped while it waited for a request, or just before.
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
