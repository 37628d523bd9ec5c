using System.Globalization;
using System.Text;
using Qos.Protocol;

namespace Qos.Client;

/// <summary>A bridge in one word: <c>server:3000</c>, <c>server:3000:127.0.0.1</c>, <c>client:443:api.example.com</c>, <c>client:443</c>.</summary>
public static class BridgeText
{
    /// <summary>Reads it.</summary>
    /// <exception cref="FormatException">It has another form; the message says which forms there are.</exception>
    public static BridgeConfig Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(':', 3);
        if (parts.Length < 2
            || !ushort.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            || port == 0
            || (parts.Length == 3 && parts[2].Length == 0))
        {
            throw Unreadable(text);
        }

        return parts[0] switch
        {
            "server" => new BridgeConfig.Server(port, parts.Length == 3 ? parts[2] : "0.0.0.0"),
            "client" => new BridgeConfig.Client(port, parts.Length == 3 ? parts[2] : null),
            _ => throw Unreadable(text),
        };
    }

    /// <summary>Reads the list of bridges as a manifest's JSON has it. Format: docs/protocol/manifest.md, V2.</summary>
    /// <exception cref="FormatException">It has another form, or a port is there twice.</exception>
    public static IReadOnlyList<BridgeConfig> ParseJson(string json)
    {
        IReadOnlyList<BridgeConfig> bridges = BridgeListFormat.Decode(Encoding.UTF8.GetBytes(json));
        if (bridges.GroupBy(static bridge => bridge.Port).FirstOrDefault(static same => same.Count() > 1) is { } twice)
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"the bridge port {twice.Key} is there twice"));
        return bridges;
    }

    /// <summary>Writes it, the host always named where there is one.</summary>
    public static string Format(BridgeConfig bridge) => bridge switch
    {
        BridgeConfig.Server server => string.Create(CultureInfo.InvariantCulture, $"server:{server.Port}:{server.Host}"),
        BridgeConfig.Client { Host: { } host } client => string.Create(CultureInfo.InvariantCulture, $"client:{client.Port}:{host}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"client:{bridge.Port}"),
    };

    private static FormatException Unreadable(string text) => new(
        $"'{VisibleText.Escape(text)}' is not a bridge: server:PORT, server:PORT:ADDRESS, client:PORT or client:PORT:HOST, for example server:3000:0.0.0.0");
}
