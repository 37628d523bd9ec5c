using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Qos.Registry;

/// <summary>
/// Requests to one registry, with its authentication and redirections. Credentials go to the registry itself and to its token service, never to
/// where a redirection leads.
/// </summary>
internal sealed class RegistryConnection(HttpClient http, ImageReference image, RegistryCredentials credentials, RegistryOptions options)
{
    private readonly Uri _base = new($"{options.SchemeOf(image.ApiHost)}://{image.ApiHost}/v2/{image.Repository}/");
    private readonly TokenService _tokens = new(http, image, credentials, options);
    private AuthenticationHeaderValue? _authorization;

    /// <summary>Asks for <c>manifests/NAME</c> or <c>blobs/DIGEST</c>; the caller disposes of the answer, whose status is 200.</summary>
    /// <exception cref="RegistryException">It is not there, not allowed, or the registry fails.</exception>
    public async Task<HttpResponseMessage> GetAsync(string path, IEnumerable<string> accepted, CancellationToken cancellationToken)
    {
        string[] types = [.. accepted];
        for (int attempt = 0; ; attempt++)
        {
            HttpResponseMessage response = await FollowAsync(new Uri(_base, path), types, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.OK)
                return response;
            using (response)
            {
                if (response.StatusCode == HttpStatusCode.Unauthorized && attempt == 0)
                    _authorization = await _tokens.AnswerAsync(response.Headers.WwwAuthenticate, cancellationToken).ConfigureAwait(false);
                else
                    throw Refused(response.StatusCode, path);
            }
        }
    }

    private async Task<HttpResponseMessage> FollowAsync(Uri first, string[] accepted, CancellationToken cancellationToken)
    {
        Uri url = first;
        for (int redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            foreach (string type in accepted)
                request.Headers.Accept.ParseAdd(type);
            if (IsSameOrigin(url, _base))
                request.Headers.Authorization = _authorization;
            HttpResponseMessage response = await SendAsync(http, request, options, image.Host, cancellationToken).ConfigureAwait(false);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308))
                return response;
            using (response)
            {
                if (redirects == options.Limits.Redirects)
                    throw new RegistryException(RegistryError.Untrusted, $"{image.Host} redirects more than {options.Limits.Redirects} times.");
                url = Next(url, response.Headers.Location);
            }
        }
    }

    private Uri Next(Uri from, Uri? location)
    {
        if (location is null || !Uri.TryCreate(from, location, out Uri? next) || next.Scheme is not ("https" or "http") || next.UserInfo.Length > 0)
            throw new RegistryException(RegistryError.Untrusted, $"{image.Host} redirects to no address.");
        if (from.Scheme == "https" && next.Scheme == "http")
            throw new RegistryException(RegistryError.Untrusted, $"{image.Host} redirects from https to http, to {next.Host}.");
        return next;
    }

    /// <summary>Sends a request; what the network does becomes one clear line.</summary>
    internal static async Task<HttpResponseMessage> SendAsync(
        HttpClient http, HttpRequestMessage request, RegistryOptions options, string host, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.Limits.Patience);
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token).ConfigureAwait(false);
        }
        // The framework lets a SocketException out when a connection is reset just as it opens.
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            throw new RegistryException(RegistryError.Unavailable, $"The registry {host} cannot be reached: {Reason(e)}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RegistryException(RegistryError.Unavailable, $"The registry {host} did not answer within {options.Limits.Patience.TotalSeconds:0} s.", e);
        }
    }

    // The outer words of what failed in TLS or while an answer was read are "see inner exception".
    private static string Reason(Exception e) => e switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => $"TLS failed: {e.GetBaseException().Message}",
        { InnerException: IOException } => e.GetBaseException().Message,
        _ => e.Message,
    };

    private static bool IsSameOrigin(Uri left, Uri right) =>
        left.Scheme == right.Scheme && left.Port == right.Port && string.Equals(left.Host, right.Host, StringComparison.OrdinalIgnoreCase);

    private RegistryException Refused(HttpStatusCode status, string path) => status switch
    {
        HttpStatusCode.NotFound => new(RegistryError.NotFound, $"{image.Host} has no {path} in {image.Repository}."),
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new(RegistryError.Unauthorized, credentials.TryGet(image.Host, out _, out _)
            ? $"{image.Host} refuses the credentials for {image.Repository}."
            : $"{image.Host} wants credentials for {image.Repository}: give a pull secret."),
        _ => new(RegistryError.Unavailable, $"{image.Host} answers {path} with HTTP status {(int)status}."),
    };
}
