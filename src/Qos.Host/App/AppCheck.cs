using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Qos.Transport;

namespace Qos.Host;

/// <summary>
/// Asks the app in the enclave again and again whether it is well, over a connection of its own to the enclave's port: so the answer holds
/// also where the bridges are another process.
/// </summary>
internal sealed class AppCheck : BackgroundService
{
    // What a service name of gRPC costs at most, with its tag and length.
    private const int MaxServiceBytes = 127;
    private const int MaxAnswerBytes = 64 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly AppCheckTarget _target;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly HttpClient _client;
    private volatile string? _problem = "it was not asked yet";

    public AppCheck(HostSettings settings, TimeProvider time)
    {
        _target = settings.AppCheck!;
        _interval = settings.AppCheckInterval;
        _time = time;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            MaxConnectionsPerServer = 1,
            ConnectCallback = async (_, token) => await settings.Enclave.ConnectAsync(_target.Port, token).ConfigureAwait(false),
        };
        _client = new HttpClient(handler) { Timeout = s_patience, MaxResponseContentBufferSize = MaxAnswerBytes };
    }

    /// <summary>Why the app is not well; null when it is.</summary>
    public string? Problem => _problem;

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _client.Dispose();
    }

    /// <summary>Asks once.</summary>
    /// <returns>Why the app is not well; null when it is.</returns>
    internal async Task<string?> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            return _target.IsGrpc
                ? await AskGrpcAsync(cancellationToken).ConfigureAwait(false)
                : await AskHttpAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or TransportException or IOException)
        {
            return $"{_target} does not answer: {(e.InnerException as TransportException)?.Message ?? e.Message}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{_target} does not answer within {s_patience.TotalSeconds:0} s");
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                _problem = await AskAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(_interval, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<string?> AskHttpAsync(CancellationToken cancellationToken)
    {
        using HttpResponseMessage answer = await _client.GetAsync(
            new Uri($"http://127.0.0.1:{_target.Port}{_target.Path}"), HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        return answer.IsSuccessStatusCode ? null : string.Create(CultureInfo.InvariantCulture, $"{_target} answers {(int)answer.StatusCode}");
    }

    // grpc.health.v1: HealthCheckRequest { string service = 1; }, HealthCheckResponse { ServingStatus status = 1; }, SERVING = 1.
    private async Task<string?> AskGrpcAsync(CancellationToken cancellationToken)
    {
        byte[] service = Encoding.UTF8.GetBytes(_target.Path);
        if (service.Length > MaxServiceBytes)
            return $"{_target} has too long a service name";
        byte[] message = service.Length == 0 ? [] : [0x0a, (byte)service.Length, .. service];
        using var content = new ByteArrayContent([0, 0, 0, 0, (byte)message.Length, .. message]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{_target.Port}/grpc.health.v1.Health/Check")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        using HttpResponseMessage answer = await _client.SendAsync(request, cancellationToken).ConfigureAwait(false);
        byte[] body = await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        string? status = Header(answer.TrailingHeaders) ?? Header(answer.Headers);
        if (status != "0")
            return $"{_target} answers with gRPC status {status ?? "none"}";
        return body is [0, 0, 0, 0, 2, 0x08, 0x01] ? null : $"{_target} is not SERVING";
    }

    private static string? Header(HttpHeaders headers) => headers.TryGetValues("grpc-status", out IEnumerable<string>? values) ? values.First() : null;
}
