using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Qos.Registry;

/// <summary>
/// Answers a registry's 401: with the password itself (Basic), or with a token of its token service (Bearer). The token service is named by the
/// registry, so it gets the password only where it is the registry's own: the same host, a host of the same domain, or one that was allowed.
/// </summary>
internal sealed class TokenService(HttpClient http, ImageReference image, RegistryCredentials credentials, RegistryOptions options)
{
    /// <summary>What to send from now on.</summary>
    /// <exception cref="RegistryException">The registry asks for something else, or the token service refuses.</exception>
    public async Task<AuthenticationHeaderValue> AnswerAsync(HttpHeaderValueCollection<AuthenticationHeaderValue> challenges, CancellationToken cancellationToken)
    {
        bool known = credentials.TryGet(image.Host, out string? user, out string? password);
        foreach (AuthenticationHeaderValue challenge in challenges)
        {
            if (string.Equals(challenge.Scheme, "Bearer", StringComparison.OrdinalIgnoreCase))
                return await TokenAsync(Parameters(challenge.Parameter ?? ""), known ? Basic(user!, password!) : null, cancellationToken).ConfigureAwait(false);
            if (string.Equals(challenge.Scheme, "Basic", StringComparison.OrdinalIgnoreCase) && known)
                return Basic(user!, password!);
        }

        throw new RegistryException(RegistryError.Unauthorized, known
            ? $"{image.Host} asks for a kind of authentication that is neither Basic nor Bearer."
            : $"{image.Host} wants credentials for {image.Repository}: give a pull secret.");
    }

    private async Task<AuthenticationHeaderValue> TokenAsync(Dictionary<string, string> challenge, AuthenticationHeaderValue? basic, CancellationToken cancellationToken)
    {
        if (!challenge.TryGetValue("realm", out string? realm) || !Uri.TryCreate(realm, UriKind.Absolute, out Uri? url)
            || url.Scheme is not ("https" or "http") || url.UserInfo.Length > 0)
            throw new RegistryException(RegistryError.Untrusted, $"{image.Host} names no token service.");
        if (url.Scheme == "http" && options.SchemeOf(url.Authority) != "http")
            throw new RegistryException(RegistryError.Untrusted, $"{image.Host} names a token service without encryption, at {url.Authority}.");
        if (basic is not null && !IsOwn(url))
            throw new RegistryException(RegistryError.Untrusted,
                $"{image.Host} names a token service at {url.Host}, which is not of its domain: the pull secret is not sent there. Use a registry that has its own, or an image that needs no secret.");

        string service = challenge.GetValueOrDefault("service", "");
        string query = $"scope={Uri.EscapeDataString($"repository:{image.Repository}:pull")}" + (service.Length == 0 ? "" : $"&service={Uri.EscapeDataString(service)}");
        var builder = new UriBuilder(url);
        builder.Query = builder.Query.Length > 1 ? $"{builder.Query[1..]}&{query}" : query;
        using var request = new HttpRequestMessage(HttpMethod.Get, builder.Uri);
        request.Headers.Authorization = basic;
        using HttpResponseMessage response = await RegistryConnection.SendAsync(http, request, options, url.Host, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new RegistryException(
                (int)response.StatusCode >= 500 ? RegistryError.Unavailable : RegistryError.Unauthorized,
                $"The token service {url.Host} answers with HTTP status {(int)response.StatusCode}.");
        byte[] body = await BoundedBody.ReadAsync(response, options.Limits.TokenBytes, options.Limits, url.Host, cancellationToken).ConfigureAwait(false);
        return new AuthenticationHeaderValue("Bearer", TokenOf(body, url.Host));
    }

    private bool IsOwn(Uri service) =>
        string.Equals(service.Host, HostName(image.ApiHost), StringComparison.OrdinalIgnoreCase)
        || (!IPAddress.TryParse(service.Host, out _) && Domain(service.Host) is { } domain && domain == Domain(HostName(image.ApiHost)));

    private static string HostName(string host) => host.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? host[..colon] : host;

    // The last two labels: auth.docker.io and registry-1.docker.io. Where two labels are many owners' (co.uk), the whole name must be the same.
    private static string? Domain(string host)
    {
        string[] labels = host.ToLowerInvariant().Split('.');
        return labels.Length >= 2 && labels[^2].Length > 3 ? $"{labels[^2]}.{labels[^1]}" : null;
    }

    private static string TokenOf(byte[] json, string host)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
            foreach (string name in (string[])["token", "access_token"])
            {
                if (document.RootElement.TryGetProperty(name, out JsonElement token) && token.ValueKind == JsonValueKind.String
                    && token.GetString() is { Length: > 0 } text && text.All(static c => c is > ' ' and < '\x7f'))
                    return text;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new RegistryException(RegistryError.Untrusted, $"The token service {host} answers with no JSON.", e);
        }

        throw new RegistryException(RegistryError.Untrusted, $"The token service {host} gives no token.");
    }

    private static AuthenticationHeaderValue Basic(string user, string password) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    // RFC 9110, 11.2: name="value" or name=token, with commas between.
    private static Dictionary<string, string> Parameters(string text)
    {
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (int at = 0; at < text.Length && parameters.Count < 16;)
        {
            int equals = text.IndexOf('=', at);
            if (equals < 0)
                break;
            string name = text[at..equals].Trim(' ', ',', '\t');
            bool quoted = equals + 1 < text.Length && text[equals + 1] == '"';
            int end = quoted ? text.IndexOf('"', equals + 2) : text.IndexOf(',', equals);
            end = end < 0 ? text.Length : end;
            parameters[name] = text[(quoted ? equals + 2 : equals + 1)..end];
            at = end + 1;
        }

        return parameters;
    }
}
