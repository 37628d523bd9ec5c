using System.CommandLine;
using System.Globalization;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Compat;

/// <summary>
/// <c>qos_bridge</c>: becomes <c>qos-host</c>, which asks the enclave itself for the manifest; its HTTP API is then on a port of this
/// machine that nobody is told.
/// </summary>
internal sealed class BridgeProgram : ServerProgram
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly SocketOptions _socket = new(isPortAsked: false);
    private readonly Option<string?> _control = Standard.Optional("control-url", "URL of the node's host with its base path.");
    private readonly Option<ushort?> _override = Standard.OptionalPort("host-port-override", "Port to listen on instead of the manifest's.");
    private readonly Option<string?> _toHost = Standard.Optional("vsock-to-host", "true or false; taken and not used.");
    private readonly Option<bool> _egressHost = Standard.Flag("egress-host", "Not taken: bridges to the outside are the manifest's client bridges.");
    private readonly Option<string?> _egress = Standard.Optional("egress-bin-path", "Taken and not used: client bridges need no other program.");

    public BridgeProgram()
        : base("The options of qos_bridge, done by qos-host of Qos for .NET.") =>
        Take([.. _socket.All, _control, _override, _toHost, _egressHost, _egress]);

    /// <summary>The command line of our program.</summary>
    /// <param name="parsed">The command line of the reference's.</param>
    /// <param name="bridges">The manifest's, when the port they listen on is another; else none.</param>
    /// <exception cref="FormatException">The options exclude each other.</exception>
    public string[] Translate(ParseResult parsed, IEnumerable<BridgeConfig> bridges)
    {
        (string? socket, uint cid) = _socket.Read(parsed);
        List<string> args =
        [
            .. socket is not null ? ["--enclave-socket", socket] : (string[])["--enclave-cid", cid.ToString(CultureInfo.InvariantCulture)],
            "--listen", "127.0.0.1:0", "--enclave-single-connection",
        ];
        foreach (BridgeConfig.Server bridge in bridges.OfType<BridgeConfig.Server>())
            args.AddRange(["--publish", string.Create(CultureInfo.InvariantCulture, $"{bridge.Port}={bridge.Host}:{parsed.GetValue(_override)}")]);
        return [.. args];
    }

    /// <inheritdoc/>
    protected override int Start(ParseResult parsed, Screen screen)
    {
        if (parsed.GetValue(_egressHost))
            throw new FormatException("--egress-host is not taken: qos-host runs the host half of the manifest's client bridges");
        _socket.Read(parsed);
        IReadOnlyList<BridgeConfig> bridges = parsed.GetValue(_override) is null ? [] : BridgesOf(parsed.GetValue(_control), screen);
        return ProgramBeside.Become(ProgramBeside.Find("qos-host"), Translate(parsed, bridges));
    }

    // As the reference's: it waits until the node was booted.
    private static IReadOnlyList<BridgeConfig> BridgesOf(string? url, Screen screen)
    {
        using var node = new NodeClient(url ?? throw new FormatException("--host-port-override needs --control-url, to learn which ports there are"));
        while (true)
        {
            try
            {
                if (node.EnvelopeAsync().GetAwaiter().GetResult() is { } envelope)
                    return envelope.Manifest.Pivot.BridgeConfig;
            }
            catch (Exception e) when (e is CeremonyException or ProtocolException)
            {
                screen.Error.WriteLine($"unable to query enclave: {VisibleText.OneLine(e.Message)}");
            }

            Thread.Sleep(s_pause);
        }
    }
}
