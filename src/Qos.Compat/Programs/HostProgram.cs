using System.CommandLine;
using System.Globalization;

namespace Qos.Compat;

/// <summary><c>qos_host</c>: becomes <c>qos-host</c> without its bridges, which the reference has in a program of their own.</summary>
internal sealed class HostProgram : ServerProgram
{
    private readonly SocketOptions _socket = new();
    private readonly Option<string> _ip = Standard.Required("host-ip", "IP address to listen on.");
    private readonly Option<ushort> _port = Standard.Number<ushort>("host-port", "Port to listen on.");
    private readonly Option<string?> _basePath = Standard.Optional("endpoint-base-path", "Path before all routes. Default: qos.");
    private readonly Option<uint> _timeout = Standard.Number<uint>("socket-timeout", "Milliseconds that the enclave may take. Default: 20000.");
    private readonly Option<string?> _toHost = Standard.Optional("vsock-to-host", "true or false; taken and not used.");

    public HostProgram()
        : base("The options of qos_host, done by qos-host of Qos for .NET.")
    {
        _timeout.Required = false;
        _timeout.DefaultValueFactory = static _ => 20_000;
        Take([.. _socket.All, _ip, _port, _basePath, _timeout, _toHost]);
    }

    /// <summary>The command line of our program.</summary>
    /// <exception cref="FormatException">The options exclude each other.</exception>
    public string[] Translate(ParseResult parsed)
    {
        (string? socket, uint cid) = _socket.Read(parsed);
        return
        [
            .. socket is not null ? ["--enclave-socket", socket] : (string[])["--enclave-cid", cid.ToString(CultureInfo.InvariantCulture)],
            "--listen", string.Create(CultureInfo.InvariantCulture, $"{parsed.GetValue(_ip)}:{parsed.GetValue(_port)}"),
            "--base-path", "/" + (parsed.GetValue(_basePath) ?? "qos").Trim('/'),
            "--enclave-timeout", (parsed.GetValue(_timeout) / 1000.0).ToString(CultureInfo.InvariantCulture),
            "--enclave-single-connection", "--no-bridges",
        ];
    }

    /// <inheritdoc/>
    protected override int Start(ParseResult parsed, Screen screen)
    {
        string[] args = Translate(parsed);
        if (parsed.GetValue(_toHost) == "true")
            screen.Warn("--vsock-to-host true is not needed here: the connection goes to the CID that is given");
        return ProgramBeside.Become(ProgramBeside.Find("qos-host"), args);
    }
}
