using System.CommandLine;
using System.Globalization;

namespace Qos.Compat;

/// <summary>Where the enclave is: <c>--cid</c> with <c>--port</c>, or <c>--usock</c>. Format: docs/protocol/messages.md, Transport.</summary>
/// <param name="isPortAsked">Whether the program has <c>--port</c>.</param>
internal sealed class SocketOptions(bool isPortAsked = true)
{
    private const string ControlPort = "3";

    private readonly Option<string?> _cid = Standard.Optional("cid", "Context identifier of the enclave (vsock).");
    private readonly Option<string?> _port = Standard.Optional("port", "Port of the enclave's control server (vsock): 3.");
    private readonly Option<string?> _usock = Standard.Optional("usock", "Unix socket of the enclave's control server.");

    /// <summary>All that the program has.</summary>
    public Option[] All => isPortAsked ? [_cid, _port, _usock] : [_cid, _usock];

    /// <summary>The Unix socket, or null for vsock.</summary>
    /// <exception cref="FormatException">Both or neither are given, or another port than the protocol's.</exception>
    public (string? Socket, uint Cid) Read(ParseResult parsed)
    {
        string? cid = parsed.GetValue(_cid);
        string? port = isPortAsked ? parsed.GetValue(_port) : null;
        string? usock = parsed.GetValue(_usock);
        if (usock is not null)
            return cid is null && port is null ? (usock, 0u) : throw new FormatException("--usock excludes --cid and --port");
        if (cid is null || (isPortAsked && port is null))
            throw new FormatException(isPortAsked ? "give --cid and --port, or --usock" : "give --cid or --usock");
        if (isPortAsked && port != ControlPort)
            throw new FormatException($"--port {port}: the control protocol is on vsock port {ControlPort}, here and in the specification");
        return uint.TryParse(cid, NumberStyles.None, CultureInfo.InvariantCulture, out uint number)
            ? (null, number)
            : throw new FormatException($"--cid {cid} is not a number");
    }
}
