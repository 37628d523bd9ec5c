using System.CommandLine;
using Qos.Client;

namespace Qos.Compat;

/// <summary>Where the node's host is: <c>--host-ip</c>, <c>--host-port</c>, <c>--endpoint-base-path</c>.</summary>
internal sealed class NodeOptions
{
    private readonly Option<string> _ip = Standard.Required("host-ip", "IP address of the node's host.");
    private readonly Option<ushort> _port = Standard.Number<ushort>("host-port", "Port of the node's host.");
    private readonly Option<string?> _basePath = Standard.Optional("endpoint-base-path", "Path before all routes. Default: qos.");

    /// <summary>The three.</summary>
    public Option[] All => [_ip, _port, _basePath];

    /// <summary>A client of that node.</summary>
    public NodeClient Open(ParseResult parsed) => new(UrlOf(parsed.GetValue(_ip)!, parsed.GetValue(_port), parsed.GetValue(_basePath)));

    private static string UrlOf(string ip, ushort port, string? basePath) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"http://{ip}:{port}/{(basePath ?? "qos").Trim('/')}");
}
