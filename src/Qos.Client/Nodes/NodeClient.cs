using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Qos.Protocol;
using Qos.Serialization;

namespace Qos.Client;

/// <summary>Speaks with a node through its host. Format: docs/protocol/host.md, HTTP API; messages.md, Messages.</summary>
public sealed class NodeClient : IDisposable
{
    private const long MaxHealthBytes = 64 * 1024;

    private readonly HttpClient _http;
    private readonly Uri _message;

    /// <summary>Prepares to speak with a node.</summary>
    /// <param name="host">The host's base URL; <c>/qos</c> is added when it names no path.</param>
    /// <param name="timeout">How long one request may take.</param>
    /// <exception cref="CeremonyException">It is not an http or https URL.</exception>
    public NodeClient(string host, TimeSpan? timeout = null)
    {
        if (!TryReadHost(host, out Uri? url))
            throw new CeremonyException($"The host {DescribeHost(host)}.");
        string path = url.AbsolutePath.TrimEnd('/');
        Base = new Uri(url, (path.Length == 0 ? "/qos" : path) + "/");
        _message = new Uri(Base, "message");

        // A proxy of the environment has no business between an operator and a node.
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(10) })
        {
            Timeout = timeout ?? TimeSpan.FromMinutes(5),
        };
    }

    /// <summary>What is wrong with a text that should name a host, with what was probably meant, or null.</summary>
    public static string? DescribeHost(string host)
    {
        if (TryReadHost(host, out _))
            return null;
        string shown = VisibleText.Escape(host);
        return !host.Contains("://", StringComparison.Ordinal) && TryReadHost("http://" + host, out _)
            ? $"'{shown}' has no scheme: write http://{shown}"
            : $"'{shown}' is not the URL of a host, for example http://127.0.0.1:3001";
    }

    /// <summary>The URL below which the routes lie, with its trailing slash.</summary>
    public Uri Base { get; }

    /// <summary>Sends a message in JSON, and in Borsh to a node that knows no JSON yet, and gives the answer.</summary>
    /// <typeparam name="T">The answer that belongs to it.</typeparam>
    /// <exception cref="CeremonyException">The host cannot be reached, or answers something else.</exception>
    /// <exception cref="ProtocolException">The node refused.</exception>
    public async Task<T> AskAsync<T>(ProtocolMessage message, CancellationToken cancellationToken = default)
        where T : ProtocolMessage
    {
        try
        {
            return await PostAsync<T>(Content(MessageCodec.Encode(message, WireEncoding.Json), "application/json"), cancellationToken).ConfigureAwait(false);
        }
        catch (ProtocolException e) when (IsUnread(e) && BorshOf(message) is { } borsh)
        {
            return await PostAsync<T>(Content(borsh, "application/octet-stream"), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Boots the node: sends the approved manifest and the pivot, which is read from its file while it is sent.</summary>
    /// <param name="envelope">The approved manifest.</param>
    /// <param name="pivotPath">The binary.</param>
    /// <param name="keyForward">Whether the node then waits for a forwarded key rather than for shares.</param>
    /// <param name="progress">Told the bytes sent and the bytes in all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The node's attestation document of its setup key.</returns>
    /// <exception cref="CeremonyException">The pivot cannot be read, or the host cannot be reached.</exception>
    /// <exception cref="ProtocolException">The node refused.</exception>
    public async Task<ReadOnlyMemory<byte>> BootAsync(
        ManifestEnvelope envelope,
        string pivotPath,
        bool keyForward = false,
        IProgress<(long Sent, long Total)>? progress = null,
        CancellationToken cancellationToken = default)
    {
        InputFile.RequireOwn(pivotPath);
        FileStream pivot;
        try
        {
            pivot = new FileStream(pivotPath, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 0 });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw InputFile.Unreadable(pivotPath, e);
        }

        await using (pivot.ConfigureAwait(false))
        {
            try
            {
                return await BootAsync(keyForward ? BootRequestForm.KeyForwardJson : BootRequestForm.StandardRaw).ConfigureAwait(false);
            }
            catch (ProtocolException e) when (IsUnread(e) && OlderForm(envelope, keyForward) is { } older)
            {
                pivot.Position = 0;
                return await BootAsync(older).ConfigureAwait(false);
            }
        }

        async Task<ReadOnlyMemory<byte>> BootAsync(BootRequestForm form)
        {
            var content = new BootRequestContent(envelope, pivot, form, progress);
            if (keyForward)
                return Attestation.From((await PostAsync<ProtocolMessage.BootKeyForwardResponse>(content, cancellationToken).ConfigureAwait(false)).NsmResponse);
            return Attestation.From((await PostAsync<ProtocolMessage.BootStandardResponse>(content, cancellationToken).ConfigureAwait(false)).NsmResponse);
        }
    }

    /// <summary>The node's phase, missing shares and pivot; only the phase from a node of another make.</summary>
    public async Task<NodeStatus> StatusAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return (await AskAsync<ProtocolMessage.NodeStatusResponse>(new ProtocolMessage.NodeStatusRequest(), cancellationToken)
                .ConfigureAwait(false)).Status;
        }
        catch (ProtocolException)
        {
            ProtocolMessage.StatusResponse status = await AskAsync<ProtocolMessage.StatusResponse>(
                new ProtocolMessage.StatusRequest(), cancellationToken).ConfigureAwait(false);
            return new NodeStatus(status.Phase, Shares: null, Pivot: null);
        }
    }

    /// <summary>An attestation document of the key that the node uses now, with the manifest that it was booted with.</summary>
    public async Task<(ReadOnlyMemory<byte> Document, ManifestEnvelope? Envelope)> AttestationAsync(CancellationToken cancellationToken = default)
    {
        ProtocolMessage.LiveAttestationDocResponse answer = await AskAsync<ProtocolMessage.LiveAttestationDocResponse>(
            new ProtocolMessage.LiveAttestationDocRequest(), cancellationToken).ConfigureAwait(false);
        return (Attestation.From(answer.NsmResponse), answer.ManifestEnvelope);
    }

    /// <summary>A document of the module of a node that waits for its boot; null from a node of another make, which gives none before.</summary>
    public async Task<ReadOnlyMemory<byte>?> ModuleDocumentAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return Attestation.From((await AskAsync<ProtocolMessage.LiveAttestationDocResponse>(new ProtocolMessage.ModuleDocumentRequest(), cancellationToken)
                .ConfigureAwait(false)).NsmResponse);
        }
        catch (ProtocolException e) when (e.Error.Code is ProtocolErrorCode.ProtocolMsgDeserialization or ProtocolErrorCode.NoMatchingRoute)
        {
            return null;
        }
    }

    /// <summary>What the node was booted with; null before that.</summary>
    public async Task<ManifestEnvelope?> EnvelopeAsync(CancellationToken cancellationToken = default) =>
        (await AskAsync<ProtocolMessage.ManifestEnvelopeResponse>(new ProtocolMessage.ManifestEnvelopeRequest(), cancellationToken)
            .ConfigureAwait(false)).ManifestEnvelope;

    /// <summary>The version of the node's software and the commit it was built from.</summary>
    public async Task<(string Version, string Commit)> VersionAsync(CancellationToken cancellationToken = default)
    {
        ProtocolMessage.VersionResponse answer = await AskAsync<ProtocolMessage.VersionResponse>(
            new ProtocolMessage.VersionRequest(), cancellationToken).ConfigureAwait(false);
        return (answer.Version, answer.Commit);
    }

    /// <summary>Posts a member's share, encrypted to this node's setup key.</summary>
    /// <returns>Whether the quorum key is there now.</returns>
    public async Task<bool> ProvisionAsync(ReadOnlyMemory<byte> share, Approval approval, CancellationToken cancellationToken = default) =>
        (await AskAsync<ProtocolMessage.ProvisionResponse>(new ProtocolMessage.ProvisionRequest(share, approval), cancellationToken)
            .ConfigureAwait(false)).Reconstructed;

    /// <summary>Asks a provisioned node for its quorum key, encrypted to another node that waits for it. Format: docs/protocol/messages.md, Key forwarding.</summary>
    /// <param name="envelope">The other node's approved manifest.</param>
    /// <param name="document">The other node's attestation document.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<ProtocolMessage.ExportKeyResponse> ExportKeyAsync(
        ManifestEnvelope envelope, ReadOnlyMemory<byte> document, CancellationToken cancellationToken = default) =>
        AskAsync<ProtocolMessage.ExportKeyResponse>(new ProtocolMessage.ExportKeyRequest(envelope, document), cancellationToken);

    /// <summary>Gives a node the quorum key that was exported for it.</summary>
    public Task InjectKeyAsync(ProtocolMessage.InjectKeyRequest key, CancellationToken cancellationToken = default) =>
        AskAsync<ProtocolMessage.InjectKeyResponse>(key, cancellationToken);

    /// <summary>What the host says of itself, whether or not it reaches its enclave. Format: docs/protocol/host.md, HTTP API.</summary>
    /// <exception cref="CeremonyException">The host cannot be reached, or is not well.</exception>
    public async Task<string> HostHealthAsync(CancellationToken cancellationToken = default)
    {
        var url = new Uri(Base, "host-health");
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url) { Version = HttpVersion.Version11 };
            using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
                .ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
                throw new CeremonyException($"{url} answers with HTTP status {(int)response.StatusCode}; is that the URL of a qos-host?");
            await response.Content.LoadIntoBufferAsync(MaxHealthBytes, cancellationToken).ConfigureAwait(false);
            return await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        }
        // The framework lets a SocketException out when a connection is reset just as it opens.
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            throw new CeremonyException($"The host at {Base} cannot be reached: {Reason(e)}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CeremonyException($"The host at {Base} did not answer within {_http.Timeout.TotalSeconds:0} s.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static bool TryReadHost(string host, [NotNullWhen(true)] out Uri? url) =>
        Uri.TryCreate(host, UriKind.Absolute, out url) && url.Scheme is ("http" or "https") && url.Host.Length > 0;

    // A node says so before it does anything, so nothing has changed when the same is sent once more in another form.
    private static bool IsUnread(ProtocolException refusal) => refusal.Error.Code == ProtocolErrorCode.ProtocolMsgDeserialization;

    // What to send to a node that knows neither JSON nor message 23 yet; one that knows V2 knows JSON.
    private static BootRequestForm? OlderForm(ManifestEnvelope envelope, bool keyForward) => (envelope.Manifest.Version, keyForward) switch
    {
        (ManifestVersion.V2, true) => null,
        (ManifestVersion.V2, false) => BootRequestForm.StandardJson,
        (_, true) => BootRequestForm.KeyForwardBorsh,
        (_, false) => BootRequestForm.StandardBorsh,
    };

    private static byte[]? BorshOf(ProtocolMessage message)
    {
        try
        {
            return MessageCodec.Encode(message, WireEncoding.Borsh);
        }
        catch (ProtocolException)
        {
            return null;
        }
    }

    // The outer words of what failed in TLS or while an answer was read are "see inner exception".
    private static string Reason(Exception e) => e switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => $"TLS failed: {e.GetBaseException().Message}",
        { InnerException: IOException } => e.GetBaseException().Message,
        _ => e.Message,
    };

    private static ByteArrayContent Content(byte[] bytes, string type)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return content;
    }

    private async Task<T> PostAsync<T>(HttpContent content, CancellationToken cancellationToken)
        where T : ProtocolMessage
    {
        using (content)
        {
            byte[] body = await ExchangeAsync(content, cancellationToken).ConfigureAwait(false);
            ProtocolMessage answer;
            try
            {
                answer = MessageCodec.Decode(body).Message;
            }
            catch (Exception e) when (e is EncodingException or ProtocolException)
            {
                throw new CeremonyException($"The answer of {_message} is not a node's: {e.Message}", e);
            }

            return answer switch
            {
                T expected => expected,
                ProtocolMessage.ProtocolErrorResponse { Error.Code: ProtocolErrorCode.EnclaveClient } refusal => throw await WithReasonAsync(refusal.Error, cancellationToken)
                    .ConfigureAwait(false),
                ProtocolMessage.ProtocolErrorResponse refusal => throw new ProtocolException(refusal.Error),
                _ => throw new CeremonyException($"The node at {Base} answered {answer.GetType().Name} where {typeof(T).Name} belongs."),
            };
        }
    }

    // The protocol's error says only that the host does not reach its enclave; the host says why where it is asked for the enclave's health.
    private async Task<Exception> WithReasonAsync(ProtocolError error, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Base, "enclave-health")) { Version = HttpVersion.Version11 };
            using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.InternalServerError)
            {
                await response.Content.LoadIntoBufferAsync(MaxHealthBytes, cancellationToken).ConfigureAwait(false);
                string reason = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
                return new CeremonyException($"The host at {Base} runs and does not reach its enclave: {VisibleText.Escape(reason.Trim())}");
            }
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // Then there is no more to say than the error does.
        }

        return new ProtocolException(error);
    }

    private async Task<byte[]> ExchangeAsync(HttpContent content, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _message) { Content = content, Version = HttpVersion.Version11 };
            using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
                .ConfigureAwait(false);
            if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.BadRequest or HttpStatusCode.InternalServerError or HttpStatusCode.ServiceUnavailable))
                throw new CeremonyException($"{_message} answers with HTTP status {(int)response.StatusCode}; is that the URL of a qos-host?");
            if (response.Content.Headers.ContentLength > ProtocolLimits.MaxMessageBytes)
                throw new CeremonyException($"{_message} announces {response.Content.Headers.ContentLength} bytes, more than any answer has.");
            await response.Content.LoadIntoBufferAsync(ProtocolLimits.MaxMessageBytes, cancellationToken).ConfigureAwait(false);
            return await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        }
        // The framework lets a SocketException out when a connection is reset just as it opens.
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            throw new CeremonyException($"The host at {Base} cannot be reached: {Reason(e)}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CeremonyException($"The host at {Base} did not answer within {_http.Timeout.TotalSeconds:0} s.", e);
        }
    }
}
