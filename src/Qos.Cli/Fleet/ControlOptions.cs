using System.CommandLine;
using Qos.Client;
using Qos.Fleet.Api;

namespace Qos.Cli;

/// <summary>Which control service, and the key that requests are stamped with: options, then our environment, then the one of the cloud's tools.</summary>
internal sealed class ControlOptions
{
    private readonly Option<string?> _server = new("--control")
    {
        Description = "The control service. Default: QOS_CONTROL, or TVC_API_BASE_URL.",
        HelpName = "URL",
    };

    private readonly Option<string?> _key = new("--api-key")
    {
        Description = "Your key file for its API. Default: QOS_CONTROL_KEY, or TVC_ORG_ID, TVC_API_KEY_PUBLIC and TVC_API_KEY_PRIVATE.",
        HelpName = "FILE",
    };

    /// <summary>Both.</summary>
    public Symbol[] All => [_server, _key];

    /// <summary>A client; the caller disposes of it.</summary>
    public ControlClient Open(ParseResult parsed, Terminal terminal)
    {
        string server = parsed.GetValue(_server) ?? Variable(terminal, "QOS_CONTROL") ?? Variable(terminal, "TVC_API_BASE_URL")
            ?? throw new UsageException("say which control service: --control URL, or QOS_CONTROL in the environment");
        if (!Uri.TryCreate(server.EndsWith('/') ? server : server + "/", UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https"))
            throw new UsageException($"--control '{server}' is not a URL, for example http://127.0.0.1:7800");
        ApiKeyBody key = Key(parsed, terminal);
        return new ControlClient(url, key.OrganizationId, ApiKeyFile.Open(key), terminal.Time);
    }

    private ApiKeyBody Key(ParseResult parsed, Terminal terminal)
    {
        if ((parsed.GetValue(_key) ?? Variable(terminal, "QOS_CONTROL_KEY")) is { } path)
        {
            InputFile.RequireOwn(path);
            return ApiKeyFile.Read(path);
        }

        return Variable(terminal, "TVC_ORG_ID") is { } organization && Variable(terminal, "TVC_API_KEY_PUBLIC") is { } publicKey && Variable(terminal, "TVC_API_KEY_PRIVATE") is { } privateKey
            ? new ApiKeyBody(organization, publicKey, privateKey)
            : throw new UsageException("say with which key: --api-key FILE, or QOS_CONTROL_KEY in the environment");
    }

    private static string? Variable(Terminal terminal, string name) => terminal.Environment(name) is { Length: > 0 } value ? value : null;
}
