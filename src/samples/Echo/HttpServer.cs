using System.Net;
using System.Net.Sockets;

namespace Qos.Sample.Echo;

/// <summary>
/// As much of HTTP/1.1 as this sample needs, on 127.0.0.1 alone: a bounded number of connections, each with a time limit for every request.
/// An app of your own may take any server that publishes with NativeAOT.
/// </summary>
public sealed class HttpServer(Func<HttpRequest, HttpResponse> answer)
{
    private const int MaxConnections = 256;
    private static readonly TimeSpan s_requestLimit = TimeSpan.FromSeconds(30);

    /// <summary>Binds to a port of 127.0.0.1; 0 takes a free one.</summary>
    /// <exception cref="SocketException">The port is in use.</exception>
    public static Socket Bind(ushort port)
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
            listener.Listen(MaxConnections);
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>Serves until it is cancelled.</summary>
    public async Task RunAsync(Socket listener, CancellationToken cancellation)
    {
        using SemaphoreSlim free = new(MaxConnections);
        List<Task> open = [];
        try
        {
            while (true)
            {
                await free.WaitAsync(cancellation).ConfigureAwait(false);
                Socket accepted = await listener.AcceptAsync(cancellation).ConfigureAwait(false);
                open.RemoveAll(task => task.IsCompleted);
                open.Add(ServeAsync(accepted, free, cancellation));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(open).ConfigureAwait(false);
        }
    }

    /// <summary>Serves one connection until it ends, and never throws for what a peer does.</summary>
    public async Task ServeAsync(Stream stream, CancellationToken cancellation)
    {
        HttpConnection connection = new(stream);
        try
        {
            do
            {
                using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                limit.CancelAfter(s_requestLimit);
                if (await connection.ReadAsync(limit.Token).ConfigureAwait(false) is not { } request)
                    return;

                byte[] bytes = answer(request).ToBytes(connection.KeepAlive);
                await stream.WriteAsync(bytes, limit.Token).ConfigureAwait(false);
            }
            while (connection.KeepAlive);
        }
        catch (HttpRefusedException refused)
        {
            byte[] bytes = HttpResponse.Refusal(refused.Status, refused.Message).ToBytes(keepAlive: false);
            await WriteLastAsync(stream, bytes, cancellation).ConfigureAwait(false);
        }
        catch (Exception ended) when (ended is IOException or OperationCanceledException)
        {
            // The peer is gone, or took too long: there is nobody to answer to.
        }
    }

    private static async Task WriteLastAsync(Stream stream, byte[] bytes, CancellationToken cancellation)
    {
        try
        {
            await stream.WriteAsync(bytes, cancellation).ConfigureAwait(false);
        }
        catch (Exception ended) when (ended is IOException or OperationCanceledException)
        {
            // As above.
        }
    }

    private async Task ServeAsync(Socket accepted, SemaphoreSlim free, CancellationToken cancellation)
    {
        try
        {
            accepted.NoDelay = true;
            NetworkStream stream = new(accepted, ownsSocket: true);
            await using (stream.ConfigureAwait(false))
                await ServeAsync(stream, cancellation).ConfigureAwait(false);
        }
        finally
        {
            free.Release();
        }
    }
}
