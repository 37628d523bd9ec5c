using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Qos.Registry;

/// <summary>User names and passwords by registry, as docker's <c>config.json</c> has them. Its text form shows none of them.</summary>
/// <remarks>A password ends in an HTTP header, which .NET holds as a string: it cannot be wiped. It opens a registry, not an enclave.</remarks>
public sealed class RegistryCredentials
{
    private const int MaxBytes = 64 * 1024;
    private static readonly string[] s_dockerHub = ["https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io"];
    private readonly Dictionary<string, (string User, string Password)> _byHost = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>No credentials.</summary>
    public static RegistryCredentials None { get; } = new();

    /// <summary>One registry's user and password.</summary>
    public static RegistryCredentials For(string host, string user, string password)
    {
        var credentials = new RegistryCredentials();
        credentials._byHost.Add(host, (user, password));
        return credentials;
    }

    /// <summary>Reads docker's <c>config.json</c>: <c>{"auths": {"HOST": {"auth": base64 of USER:PASSWORD}}}</c>, or with <c>username</c> and <c>password</c>.</summary>
    /// <exception cref="RegistryException">It has another form.</exception>
    public static RegistryCredentials Parse(ReadOnlySpan<byte> json)
    {
        if (json.Length > MaxBytes)
            throw new RegistryException(RegistryError.TooLarge, $"The registry's credentials have more than {MaxBytes} bytes.");
        var credentials = new RegistryCredentials();
        try
        {
            using JsonDocument document = JsonDocument.Parse(json.ToArray(), new JsonDocumentOptions { MaxDepth = 8 });
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("auths", out JsonElement auths) || auths.ValueKind != JsonValueKind.Object)
                throw Malformed("there is no object \"auths\"");
            foreach (JsonProperty auth in auths.EnumerateObject())
                credentials._byHost[HostOf(auth.Name)] = Read(auth.Value);
            return credentials;
        }
        catch (JsonException e)
        {
            throw new RegistryException(RegistryError.Reference, $"The registry's credentials are not docker's config.json: it is not valid JSON (line {e.LineNumber + 1}).");
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"credentials for {string.Join(", ", _byHost.Keys)}";

    internal bool TryGet(string host, [NotNullWhen(true)] out string? user, [NotNullWhen(true)] out string? password)
    {
        (user, password) = (null, null);
        bool isHub = s_dockerHub.Contains(host, StringComparer.OrdinalIgnoreCase);
        foreach (string name in isHub ? s_dockerHub : [host])
        {
            if (_byHost.TryGetValue(HostOf(name), out (string User, string Password) found))
            {
                (user, password) = found;
                return true;
            }
        }

        return false;
    }

    private static (string User, string Password) Read(JsonElement auth)
    {
        if (auth.ValueKind != JsonValueKind.Object)
            throw Malformed("an entry of \"auths\" is not an object");
        if (auth.TryGetProperty("auth", out JsonElement encoded) && encoded.ValueKind == JsonValueKind.String && encoded.GetString() is { Length: > 0 } text)
        {
            byte[] pair = new byte[text.Length];
            string decoded = Convert.TryFromBase64String(text, pair, out int written) ? Encoding.UTF8.GetString(pair, 0, written) : "";
            int colon = decoded.IndexOf(':', StringComparison.Ordinal);
            return colon > 0 ? (decoded[..colon], decoded[(colon + 1)..].TrimEnd('\0')) : throw Malformed("an \"auth\" is not base64 of USER:PASSWORD");
        }

        return auth.TryGetProperty("username", out JsonElement user) && user.ValueKind == JsonValueKind.String
            && auth.TryGetProperty("password", out JsonElement password) && password.ValueKind == JsonValueKind.String
            ? (user.GetString()!, password.GetString()!)
            : throw Malformed("an entry has neither \"auth\" nor \"username\" and \"password\"; credential helpers are not run");
    }

    private static string HostOf(string name)
    {
        string host = name.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? name[8..]
            : name.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? name[7..] : name;
        int slash = host.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? host : host[..slash];
    }

    private static RegistryException Malformed(string what) =>
        new(RegistryError.Reference, $"The registry's credentials are not docker's config.json: {what}.");
}
