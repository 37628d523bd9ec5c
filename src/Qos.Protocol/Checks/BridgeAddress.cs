using System.Globalization;
using System.Net;

namespace Qos.Protocol;

/// <summary>Whether a bridge's <c>host</c> can be bound or reached. Format: docs/protocol/host.md, Bridges.</summary>
/// <remarks>
/// Two rules. What no host can ever bind or reach is refused by a node at boot: its app would wait for connections that cannot come. What
/// a host of another make may resolve, but <c>qos-host</c> does not, is refused when a manifest is made or approved, and boots.
/// </remarks>
public static class BridgeAddress
{
    private const int MaxNameLength = 253;
    private const int MaxLabelLength = 63;

    /// <summary>Why no host can bind or reach the address, or null. The text is safe to show.</summary>
    public static string? DescribeImpossible(BridgeConfig bridge) => bridge switch
    {
        BridgeConfig.Server server => Describe(server.Host, "server", server.Port, "the address that the host listens on, for example 0.0.0.0"),
        BridgeConfig.Client { Host: { } host } => Describe(host, "client", bridge.Port, "the name or address that the host connects to, for example api.example.com"),
        _ => null,
    };

    /// <summary>Why <c>qos-host</c> cannot bind or reach the address, or null. The text is safe to show.</summary>
    public static string? DescribeUnusable(BridgeConfig bridge)
    {
        if (DescribeImpossible(bridge) is { } impossible)
            return impossible;
        return bridge switch
        {
            BridgeConfig.Server server when !AddressText.TryParse(server.Host, out _) =>
                Text($"the server bridge of port {server.Port} has the host \"{VisibleText.Escape(server.Host)}\"; write an IP address, for example 0.0.0.0 or 127.0.0.1, because names are not resolved there"),
            BridgeConfig.Client { Host: null } =>
                Text($"the client bridge of port {bridge.Port} names no host; write client:{bridge.Port}:HOST, or nothing can be reached through it"),
            BridgeConfig.Client { Host: { } host } when IPAddress.TryParse(host, out IPAddress? address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)) =>
                Text($"the client bridge of port {bridge.Port} has the host {host}, which is no destination; write the name or address to connect to"),
            _ => null,
        };
    }

    private static string? Describe(string host, string kind, ushort port, string wanted)
    {
        string? wrong = DescribeHost(host);
        return wrong is null ? null : Text($"the {kind} bridge of port {port} has {wrong}; write {wanted}");
    }

    private static string? DescribeHost(string host)
    {
        if (string.IsNullOrWhiteSpace(host))
            return "a blank host";
        string shown = $"the host \"{VisibleText.Escape(host.Length > MaxNameLength ? host[..MaxNameLength] : host)}\"";
        if (AddressText.TryParse(Unbracketed(host), out _))
            return null;
        if (host.Contains('*', StringComparison.Ordinal))
            return shown + ", a wildcard";
        if (host.Contains(':', StringComparison.Ordinal))
            return shown + ", which holds a colon and is no IPv6 address (the port is a member of its own)";
        if (host.Length > MaxNameLength)
            return shown + Text($" of {host.Length} characters, where a name has at most {MaxNameLength}");

        // A name may end with a dot, which says that it is complete.
        string[] labels = (host.EndsWith('.') ? host[..^1] : host).Split('.');
        if (Array.TrueForAll(labels, IsNumber))
            return shown + ", which is no IPv4 address";
        return Array.Exists(labels, static label => label.Length is 0 or > MaxLabelLength || !label.All(IsOfName))
            ? shown + ", which is neither an address nor a name"
            : null;
    }

    // The resolvers of C libraries take 2130706433, 127.1 and 0x7f000001 for 127.0.0.1: an address in no form that a reader recognizes.
    private static bool IsNumber(string label) =>
        label is ['0', 'x' or 'X', .. var hex] ? hex.All(char.IsAsciiHexDigit) : label.Length > 0 && label.All(char.IsAsciiDigit);

    // Letters of other scripts are left to whoever resolves the name.
    private static bool IsOfName(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' || (c > '\x7f' && char.IsLetterOrDigit(c));

    private static string Unbracketed(string host) => host is ['[', .. var inside, ']'] && inside.Contains(':', StringComparison.Ordinal) ? inside : host;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
