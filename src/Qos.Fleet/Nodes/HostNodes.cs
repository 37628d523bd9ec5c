using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Fleet;

/// <summary>Replicas behind their <c>qos-host</c>, over HTTP; the app's health over its published port.</summary>
public sealed class HostNodes : IFleetNodes, IDisposable
{
    private static readonly byte[] s_emptyGrpcMessage = new byte[5];

    private readonly TimeSpan _limit;
    private readonly HttpClient _http;

    /// <param name="settings">The patience with a host.</param>
    public HostNodes(FleetSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _limit = settings.BootLimit;
        _http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(2),
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            MaxResponseHeadersLength = 16,
        })
        {
            Timeout = TimeSpan.FromSeconds(5),
            MaxResponseContentBufferSize = 64 * 1024,
        };
    }

    /// <inheritdoc/>
    public IFleetNode Connect(ReplicaInstance instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        return new HostNode(new NodeClient(instance.Host?.ToString() ?? throw new NodeUnreachableException("the runner names no host"), _limit));
    }

    /// <inheritdoc/>
    public async Task<bool> IsHealthyAsync(ReplicaInstance instance, HealthCheck check, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(instance);
        ArgumentNullException.ThrowIfNull(check);
        if (!instance.Ports.TryGetValue(check.Port, out IPEndPoint? address))
            return false;
        try
        {
            return check.Kind == HealthCheckKind.Http
                ? await AskHttpAsync(address, cancellationToken).ConfigureAwait(false)
                : await AskGrpcAsync(address, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<bool> AskHttpAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await _http.GetAsync(
            new Uri($"http://{address}/health"), HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        return response.IsSuccessStatusCode;
    }

    // grpc.health.v1.Health/Check: an empty request, and field 1 of the answer is 1 (SERVING). Too little for a library of its own.
    private async Task<bool> AskGrpcAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://{address}/grpc.health.v1.Health/Check"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(s_emptyGrpcMessage),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        using HttpResponseMessage response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        bool isOk = response.TrailingHeaders.TryGetValues("grpc-status", out IEnumerable<string>? status) && status.FirstOrDefault() == "0";
        return response.IsSuccessStatusCode && isOk && body is [0, 0, 0, 0, >= 2, 0x08, 0x01, ..];
    }

    private sealed class HostNode(NodeClient client) : IFleetNode
    {
        public Task<NodeStatus> StatusAsync(CancellationToken cancellationToken) => AskAsync(() => client.StatusAsync(cancellationToken));

        public Task<ReadOnlyMemory<byte>> BootAsync(ManifestEnvelope envelope, string pivotPath, bool keyForward, CancellationToken cancellationToken) =>
            AskAsync(() => client.BootAsync(envelope, pivotPath, keyForward, cancellationToken: cancellationToken));

        public Task<(ReadOnlyMemory<byte> Document, ManifestEnvelope? Envelope)> AttestationAsync(CancellationToken cancellationToken) =>
            AskAsync(() => client.AttestationAsync(cancellationToken));

        public Task ProvisionAsync(ReadOnlyMemory<byte> share, Approval approval, CancellationToken cancellationToken) =>
            AskAsync(() => client.ProvisionAsync(share, approval, cancellationToken));

        public Task<ProtocolMessage.ExportKeyResponse> ExportKeyAsync(ManifestEnvelope envelope, ReadOnlyMemory<byte> document, CancellationToken cancellationToken) =>
            AskAsync(() => client.ExportKeyAsync(envelope, document, cancellationToken));

        public Task InjectKeyAsync(ProtocolMessage.ExportKeyResponse key, CancellationToken cancellationToken) => AskAsync(async () =>
        {
            await client.InjectKeyAsync(new ProtocolMessage.InjectKeyRequest(key.EncryptedQuorumKey, key.Signature), cancellationToken).ConfigureAwait(false);
            return true;
        });

        public void Dispose() => client.Dispose();

        private static async Task<T> AskAsync<T>(Func<Task<T>> ask)
        {
            try
            {
                return await ask().ConfigureAwait(false);
            }
            catch (CeremonyException e)
            {
                throw new NodeUnreachableException(e.Message, e);
            }
        }
    }
}
