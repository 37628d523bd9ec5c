using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Qos.Fleet.Kubernetes;

/// <summary>What a change is.</summary>
internal enum WatchChange
{
    There,
    Gone,

    /// <summary>Nothing of the object but the version counts.</summary>
    Bookmark,
}

/// <summary>Changes of a list as the API server tells them: one JSON object a line, for as long as the server keeps the answer open.</summary>
/// <remarks>The client's build for programs compiled ahead has lists and no watches: its connection and its credentials are used here.</remarks>
internal static class WatchStream
{
    // etcd holds no object above 1.5 MiB.
    private const int MaxLine = 8 << 20;
    private const int MaxRefusal = 64 << 10;
    private const int Seconds = 600;

    // A server that is gone without a word, or does not keep to the time that it was given, is noticed after this.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(Seconds + 60);

    /// <summary>Reads the changes since a version.</summary>
    /// <param name="client">The API server's client.</param>
    /// <param name="path">Of the list, without a slash before it: <c>api/v1/namespaces/NAME/pods</c>.</param>
    /// <param name="labels">Which objects; null for all.</param>
    /// <param name="version">The version of the list.</param>
    /// <param name="read">Makes an object of what the server sent.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="HttpOperationException">The server refuses the request.</exception>
    /// <exception cref="TimeoutException">The server does not end the watch when it should.</exception>
    /// <exception cref="KubernetesException">The server ends the watch with an error: 410 when the version is gone.</exception>
    public static async IAsyncEnumerable<(WatchChange Change, TObject Item)> ReadAsync<TObject>(
        k8s.Kubernetes client, string path, string? labels, string version, Func<JsonElement, TObject> read, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
        where TObject : IKubernetesObject<V1ObjectMeta>
    {
        string query = string.Create(
            CultureInfo.InvariantCulture,
            $"{path}?watch=true&allowWatchBookmarks=true&timeoutSeconds={Seconds}&resourceVersion={Uri.EscapeDataString(version)}{(labels is null ? "" : "&labelSelector=" + Uri.EscapeDataString(labels))}");
        using var late = new CancellationTokenSource(s_limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(client.BaseUri, query)) { Version = HttpVersion.Version20 };
        using HttpResponseMessage answer = await InTimeAsync(token => SendAsync(client, request, token)).ConfigureAwait(false);
        Stream stream = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            if (!answer.IsSuccessStatusCode)
                throw new HttpOperationException($"the watch is refused: {(int)answer.StatusCode}") { Response = new HttpResponseMessageWrapper(answer, await InTimeAsync(token => RefusalAsync(stream, token)).ConfigureAwait(false)) };
            PipeReader lines = PipeReader.Create(stream);
            try
            {
                while (true)
                {
                    ReadResult part = await InTimeAsync(token => lines.ReadAsync(token).AsTask()).ConfigureAwait(false);
                    ReadOnlySequence<byte> rest = part.Buffer;
                    while (rest.PositionOf((byte)'\n') is { } end)
                    {
                        if (Parse(rest.Slice(0, end), read) is { } change)
                            yield return change;
                        rest = rest.Slice(rest.GetPosition(1, end));
                    }

                    if (rest.Length > MaxLine)
                        throw new InvalidDataException($"the API server sends an object above {MaxLine} bytes");
                    lines.AdvanceTo(rest.Start, rest.End);
                    if (part.IsCompleted)
                        yield break;
                }
            }
            finally
            {
                await lines.CompleteAsync().ConfigureAwait(false);
            }
        }

        async Task<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> act)
        {
            try
            {
                return await act(either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException e) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"the API server did not end a watch of {Seconds} s within {s_limit.TotalSeconds} s"), e);
            }
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(k8s.Kubernetes client, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (client.Credentials is not null)
            await client.Credentials.ProcessHttpRequestAsync(request, cancellationToken).ConfigureAwait(false);
        return await client.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
    }

    private static (WatchChange Change, TObject Item)? Parse<TObject>(ReadOnlySequence<byte> line, Func<JsonElement, TObject> read)
    {
        if (line.IsEmpty)
            return null;
        using JsonDocument change = JsonDocument.Parse(line);
        JsonElement item = change.RootElement.GetProperty("object");
        return change.RootElement.GetProperty("type").GetString() switch
        {
            "ERROR" => throw new KubernetesException(KubernetesJson.Deserialize<V1Status>(item)),
            "DELETED" => (WatchChange.Gone, read(item)),
            "BOOKMARK" => (WatchChange.Bookmark, read(item)),
            _ => (WatchChange.There, read(item)),
        };
    }

    private static async Task<string> RefusalAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] text = new byte[MaxRefusal];
        return Encoding.UTF8.GetString(text, 0, await stream.ReadAtLeastAsync(text, text.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false));
    }
}
