using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using Qos.Transport;

namespace Qos.Host;

/// <summary>The command line of <c>qos-host</c>.</summary>
internal sealed class HostCommand : RootCommand
{
    private readonly Option<string?> _socket = new("--enclave-socket")
    {
        Description = "Unix socket of an enclave process on this machine",
        HelpName = "PATH",
    };

    private readonly Option<uint?> _cid = new("--enclave-cid")
    {
        Description = "context identifier of a Nitro enclave (vsock)",
        HelpName = "CID",
    };

    private readonly Option<string?> _vhost = new("--enclave-vhost")
    {
        Description = "Unix socket of a vhost-user vsock back end (a machine in QEMU)",
        HelpName = "PATH",
    };

    private readonly Option<IPEndPoint> _listen = new("--listen")
    {
        Description = "where the HTTP API listens",
        HelpName = "IP:PORT",
        Required = true,
        CustomParser = ParseEndPoint,
    };

    private readonly Option<string> _basePath = new("--base-path")
    {
        Description = "path below which the protocol's routes lie",
        HelpName = "PATH",
        DefaultValueFactory = _ => "/qos",
    };

    private readonly Option<string[]> _publish = new("--publish")
    {
        Description = "let the bridge of the manifest's port P listen elsewhere; may be repeated",
        HelpName = "P=IP:PORT",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<bool> _noBridges = new("--no-bridges") { Description = "serve the HTTP API only" };

    private readonly Option<double> _timeout = new("--enclave-timeout")
    {
        Description = "seconds that the enclave may take for one request",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 60,
    };

    private readonly Option<int> _connections = new("--enclave-connections")
    {
        Description = "most connections to the enclave at once",
        HelpName = "N",
        DefaultValueFactory = _ => 16,
    };

    private readonly Option<double> _drain = new("--drain")
    {
        Description = "seconds that connections in flight may go on after SIGTERM",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 10,
    };

    private readonly Option<string> _log = new("--log")
    {
        Description = "form of the log lines",
        HelpName = "text|json",
        DefaultValueFactory = _ => "text",
    };

    /// <summary>Makes the command; <paramref name="run"/> gets what was asked for.</summary>
    public HostCommand(Func<HostOptions, CancellationToken, Task<int>> run)
        : base("HTTP API and bridges of a QuorumOS enclave, on its parent machine.\n\n"
               + "Example: qos-host --enclave-cid 16 --listen 0.0.0.0:3001")
    {
        Options.Add(_socket);
        Options.Add(_cid);
        Options.Add(_vhost);
        Options.Add(_listen);
        Options.Add(_basePath);
        Options.Add(_publish);
        Options.Add(_noBridges);
        Options.Add(_timeout);
        Options.Add(_connections);
        Options.Add(_drain);
        Options.Add(_log);
        _log.AcceptOnlyFromAmong("text", "json");
        Validators.Add(Validate);

        // Of its own option each, because a command's validator sees nothing of an option that was left to its default.
        _basePath.Validators.Add(static result => Require(
            result.GetValueOrDefault<string>() is { Length: > 1 } path && path[0] == '/' && path[^1] != '/',
            result,
            "--base-path must begin with '/' and not end with it, for example /qos."));
        _connections.Validators.Add(static result => Require(
            result.GetValueOrDefault<int>() is >= 1 and <= 1024, result, "--enclave-connections must be from 1 to 1024."));
        _timeout.Validators.Add(static result => Require(
            result.GetValueOrDefault<double>() is > 0 and <= 3600, result, "--enclave-timeout must be above 0 and at most 3600 seconds."));
        _drain.Validators.Add(static result => Require(
            result.GetValueOrDefault<double>() is >= 0 and <= 3600, result, "--drain must be from 0 to 3600 seconds."));
        SetAction((parsed, cancellationToken) => run(Read(parsed), cancellationToken));
    }

    private static IPEndPoint? ParseEndPoint(ArgumentResult result)
    {
        if (TryEndPoint(result.Tokens[0].Value, out IPEndPoint? endPoint))
            return endPoint;
        result.AddError($"--listen '{result.Tokens[0].Value}' is not IP:PORT, for example 127.0.0.1:3001.");
        return null;
    }

    // IPEndPoint.Parse takes a bare address as port 0, which nobody means here.
    private static bool TryEndPoint(string text, out IPEndPoint? endPoint) =>
        IPEndPoint.TryParse(text, out endPoint) && text.EndsWith(":" + endPoint.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static bool TryPublish(string text, out ushort port, out IPEndPoint? endPoint)
    {
        int at = text.IndexOf('=', StringComparison.Ordinal);
        port = 0;
        endPoint = null;
        return at > 0
            && ushort.TryParse(text.AsSpan(0, at), NumberStyles.None, CultureInfo.InvariantCulture, out port)
            && TryEndPoint(text[(at + 1)..], out endPoint);
    }

    private static void Require(bool holds, OptionResult result, string complaint)
    {
        if (!holds)
            result.AddError(complaint);
    }

    private void Validate(CommandResult result)
    {
        int named = (result.GetValue(_socket) is null ? 0 : 1) + (result.GetValue(_cid) is null ? 0 : 1) + (result.GetValue(_vhost) is null ? 0 : 1);
        if (named != 1)
            result.AddError("Name the enclave by exactly one of --enclave-socket, --enclave-cid and --enclave-vhost.");
        foreach (string text in result.GetValue(_publish) ?? [])
        {
            if (!TryPublish(text, out _, out _))
                result.AddError($"--publish '{text}' is not P=IP:PORT, for example 3000=127.0.0.1:8080.");
        }
    }

    private HostOptions Read(ParseResult parsed)
    {
        var publish = new Dictionary<ushort, IPEndPoint>();
        foreach (string text in parsed.GetValue(_publish) ?? [])
        {
            TryPublish(text, out ushort port, out IPEndPoint? endPoint);
            publish[port] = endPoint!;
        }

        return new HostOptions
        {
            Enclave = parsed.GetValue(_socket) is { } socket ? EnclaveAddress.Unix(socket)
                : parsed.GetValue(_vhost) is { } vhost ? EnclaveAddress.VhostUser(vhost)
                : EnclaveAddress.Vsock(parsed.GetValue(_cid)!.Value),
            Listen = parsed.GetValue(_listen)!,
            BasePath = parsed.GetValue(_basePath)!,
            Publish = publish,
            Bridges = !parsed.GetValue(_noBridges),
            EnclaveTimeout = TimeSpan.FromSeconds(parsed.GetValue(_timeout)),
            EnclaveConnections = parsed.GetValue(_connections),
            Drain = TimeSpan.FromSeconds(parsed.GetValue(_drain)),
            JsonLog = parsed.GetValue(_log) == "json",
        };
    }
}
