using System.Globalization;
using System.Security.Cryptography;
using Qos.Protocol;

namespace Qos.Verify;

/// <summary>Parts of a manifest in one line each, as results show and compare them.</summary>
internal static class PivotText
{
    /// <summary>Arguments as JSON-like words, so that two lists that differ never look the same.</summary>
    public static string Arguments(IEnumerable<string> arguments) => List(arguments.Select(Quote));

    /// <summary>Variables by name.</summary>
    public static string Environment(IEnumerable<KeyValuePair<string, string>> variables) =>
        List(variables.OrderBy(static variable => variable.Key, StringComparer.Ordinal).Select(static variable => Quote($"{variable.Key}={variable.Value}")));

    /// <summary>Bridges by port.</summary>
    public static string Bridges(IEnumerable<BridgeConfig> bridges) => List(bridges.Select(Bridge).Order(StringComparer.Ordinal));

    /// <summary>A bridge in one word.</summary>
    public static string Bridge(BridgeConfig bridge) => bridge switch
    {
        BridgeConfig.Server server => string.Create(CultureInfo.InvariantCulture, $"server:{server.Port}:{server.Host}"),
        BridgeConfig.Client { Host: { } host } client => string.Create(CultureInfo.InvariantCulture, $"client:{client.Port}:{host}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"client:{bridge.Port}"),
    };

    /// <summary>A set: its threshold, and each member's alias with the fingerprint of the key.</summary>
    public static string Set(MemberSet set) => string.Create(
        CultureInfo.InvariantCulture,
        $"{set.Threshold} of {set.Members.Count}: {string.Join(", ", set.Members.Select(static member => $"{VisibleText.Name(member.Alias)} {Fingerprint(member.PubKey)}"))}");

    /// <summary>SHA-256 of a public key in hex, as <c>qos key show</c> prints it.</summary>
    public static string Fingerprint(ReadOnlyMemory<byte> publicKey) => Convert.ToHexStringLower(SHA256.HashData(publicKey.Span));

    private static string List(IEnumerable<string> items)
    {
        string text = string.Join(' ', items);
        return text.Length == 0 ? "none" : text;
    }

    private static string Quote(string text) =>
        '"' + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + '"';
}
