using System.Globalization;
using System.Net;

namespace Qos.Sample.Policy;

/// <summary>The store over HTTP: in an enclave at 127.0.0.1 and the port of a client bridge, behind which the host has PolicyStore.</summary>
public sealed class HttpRecordStore : IRecordStore, IDisposable
{
    // All records of one answer, in hex.
    private const int MaxAnswer = 16 * 1024 * 1024;

    private readonly HttpClient _http;

    /// <summary>A store at an address, for example <c>http://127.0.0.1:5432/</c>.</summary>
    public HttpRecordStore(Uri address) => _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
    {
        BaseAddress = address,
        Timeout = TimeSpan.FromSeconds(10),
        MaxResponseContentBufferSize = MaxAnswer,
    };

    /// <inheritdoc/>
    public async Task<IReadOnlyList<byte[]>> ReadAsync(string organization, ulong after, CancellationToken cancellationToken)
    {
        try
        {
            string text = await _http.GetStringAsync(Path($"records/{organization}?after={after}"), cancellationToken).ConfigureAwait(false);
            return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Convert.FromHexString)];
        }
        catch (Exception e) when (e is HttpRequestException or FormatException or InvalidOperationException || IsTimeout(e, cancellationToken))
        {
            throw new PolicyException(503, "the store does not answer");
        }
    }

    /// <inheritdoc/>
    public async Task<bool> AppendAsync(string organization, ulong sequence, byte[] record, CancellationToken cancellationToken)
    {
        try
        {
            using var body = new ByteArrayContent(record);
            using HttpResponseMessage answer = await _http.PutAsync(Path($"records/{organization}/{sequence}"), body, cancellationToken).ConfigureAwait(false);
            return answer.StatusCode switch
            {
                HttpStatusCode.Created => true,
                HttpStatusCode.Conflict => false,
                _ => throw new PolicyException(503, "the store does not take the record"),
            };
        }
        catch (Exception e) when (e is HttpRequestException || IsTimeout(e, cancellationToken))
        {
            throw new PolicyException(503, "the store does not answer");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static bool IsTimeout(Exception e, CancellationToken cancellationToken) => e is OperationCanceledException && !cancellationToken.IsCancellationRequested;

    private static Uri Path(FormattableString path) => new(path.ToString(CultureInfo.InvariantCulture), UriKind.Relative);
}
