using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Numerics;
using Qos.Transport;

namespace Qos.Host;

/// <summary>The command line of <c>qos-host</c>. Each option may come from the environment instead: <c>--listen</c> as <c>QOS_HOST_LISTEN</c>.</summary>
internal sealed class HostCommand : RootCommand
{
    /// <summary>What the name of an option begins with in the environment.</summary>
    public const string EnvironmentPrefix = "QOS_HOST_";

    private const string LocalHost = "localhost:";

    private readonly Option<string?> _socket = new("--enclave-socket")
    {
        Description = "Unix socket of an enclave process on this machine",
        HelpName = "PATH",
    };

    private readonly Option<uint?> _cid = new("--enclave-cid")
    {
        Description = "context identifier of a Nitro enclave (vsock)",
        HelpName = "CID",
        CustomParser = static result =>
        {
            if (uint.TryParse(result.Tokens[^1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out uint cid))
                return cid;
            result.AddError($"--enclave-cid '{result.Tokens[^1].Value}' is not a number from 0 to {uint.MaxValue}.");
            return null;
        },
    };

    private readonly Option<string?> _vhost = new("--enclave-vhost")
    {
        Description = "Unix socket of a vhost-user vsock back end (a machine in QEMU)",
        HelpName = "PATH",
    };

    private readonly Option<IPEndPoint[]> _listen = new("--listen")
    {
        Description = "where the HTTP API listens; may be repeated",
        HelpName = "IP:PORT",
        Required = true,
        CustomParser = result => ParseEndPoint("--listen", result),
    };

    private readonly Option<IPEndPoint[]?> _healthListen = new("--health-listen")
    {
        Description = "where /healthz, /readyz and /metrics are, away from the HTTP API (default: with it)",
        HelpName = "IP:PORT",
        CustomParser = result => ParseEndPoint("--health-listen", result),
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

    private readonly Option<string?> _appCheck = new("--app-check")
    {
        Description = "ask the app whether it is well, for /readyz: http:PORT/PATH, or grpc:PORT[/SERVICE] for grpc.health.v1",
        HelpName = "CHECK",
    };

    private readonly Option<double> _appCheckInterval = Number<double>(
        "--app-check-interval",
        "seconds between two such questions",
        "SECONDS",
        5,
        static value => value is >= 0.1 and <= 3600,
        "from 0.1 to 3600 seconds");

    private readonly Option<double> _timeout = Number<double>(
        "--enclave-timeout",
        "seconds that the enclave may take to answer a message, once the message is here whole",
        "SECONDS",
        60,
        static value => value is > 0 and <= 3600,
        "above 0 and at most 3600 seconds");

    private readonly Option<int> _connections = Number<int>(
        "--enclave-connections",
        "most messages at the enclave at once",
        "N",
        16,
        static value => value is >= 1 and <= 1024,
        "from 1 to 1024");

    private readonly Option<bool> _single = new("--enclave-single-connection")
    {
        Description = "one connection to the enclave at a time, closed after the answer; noticed by itself with the reference's enclave",
    };

    private readonly Option<long> _spool = Number<long>(
        "--upload-memory",
        "MiB of message bodies held at a time, over all requests",
        "MIB",
        1024,
        static value => value is >= 128 and <= 1024 * 1024,
        "from 128 (one message) to 1048576 MiB");

    private readonly Option<string> _spoolFolder = new("--upload-dir")
    {
        Description = "folder for bodies that do not fit into memory (files without names)",
        HelpName = "PATH",
        DefaultValueFactory = _ => Path.GetTempPath(),
    };

    private readonly Option<double> _drain = Number<double>(
        "--drain",
        "seconds that connections in flight may go on after SIGTERM",
        "SECONDS",
        10,
        static value => value is >= 0 and <= 3600,
        "from 0 to 3600 seconds");

    private readonly Option<string> _log = new("--log")
    {
        Description = "form of the log lines",
        HelpName = "text|json",
        DefaultValueFactory = _ => "text",
    };

    /// <summary>Makes the command; <paramref name="run"/> gets what was asked for.</summary>
    public HostCommand(Func<HostSettings, CancellationToken, Task<int>> run)
        : base("HTTP API and bridges of a QuorumOS enclave, on its parent machine.\n\n"
               + "Example: qos-host --enclave-cid 16 --listen 127.0.0.1:3001\n\n"
               + $"Each option may come from the environment: --enclave-cid as {EnvironmentPrefix}ENCLAVE_CID. The command line goes before it.")
    {
        Option[] all =
        [
            _socket, _cid, _vhost, _listen, _healthListen, _basePath, _publish, _noBridges, _appCheck, _appCheckInterval, _timeout, _connections, _single,
            _spool, _spoolFolder, _drain, _log,
        ];
        foreach (Option option in all)
            Options.Add(option);
        _log.AcceptOnlyFromAmong("text", "json");
        Validators.Add(Validate);

        // Of its own option each, because a command's validator sees nothing of an option that was left to its default.
        _basePath.Validators.Add(static result => Require(
            IsBasePath(result.GetValueOrDefault<string>() ?? ""),
            result,
            "--base-path must begin with '/' and not end with it, for example /qos; between are letters, digits and - . _ ~ alone."));
        _appCheck.Validators.Add(static result => Require(
            AppCheckTarget.TryParse(result.Tokens.Count > 0 ? result.Tokens[0].Value : "", out _),
            result,
            "--app-check must be http:PORT/PATH or grpc:PORT[/SERVICE], for example http:3000/health."));
        _spoolFolder.Validators.Add(static result => Require(
            Directory.Exists(result.GetValueOrDefault<string>()), result, $"--upload-dir '{result.GetValueOrDefault<string>()}' is not a folder."));
        SetAction((parsed, cancellationToken) => run(Read(parsed), cancellationToken));
    }

    /// <summary>Adds what the environment says to the words of a command line that do not say it.</summary>
    /// <param name="words">The command line.</param>
    /// <param name="environment">A variable's value; null where it is not set.</param>
    public string[] WithEnvironment(string[] words, Func<string, string?> environment)
    {
        Option[] enclave = [_socket, _cid, _vhost];
        bool namesEnclave = enclave.Any(option => IsNamed(words, option));
        List<string> all = [.. words];
        foreach (Option option in Options)
        {
            if (option.Name is "--help" or "--version" || IsNamed(words, option) || (namesEnclave && enclave.Contains(option)))
                continue;
            if (environment(EnvironmentPrefix + option.Name[2..].Replace('-', '_').ToUpperInvariant()) is not { Length: > 0 } value)
                continue;
            if (option.ValueType == typeof(bool))
                all.Add($"{option.Name}={value switch { "1" => "true", "0" => "false", _ => value }}");
            else
                all.AddRange((option == _publish ? value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [value]).SelectMany(one => (string[])[option.Name, one]));
        }

        return [.. all];
    }

    // The parser, not a validator, judges: a validator that asks for a value that is no number gets an exception.
    private static Option<T> Number<T>(string name, string description, string helpName, T byDefault, Func<T, bool> isAllowed, string range)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            HelpName = helpName,
            DefaultValueFactory = _ => byDefault,
            CustomParser = result =>
            {
                if (T.TryParse(result.Tokens[^1].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out T value) && isAllowed(value))
                    return value;
                result.AddError($"{name} '{result.Tokens[^1].Value}' must be {range}.");
                return default;
            },
        };

    // The web server reads braces in a route as names of parameters.
    private static bool IsBasePath(string path) =>
        path is ['/', .. var rest] && rest.Split('/').All(static part => part is not ("" or "." or "..") && part.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~'));

    private static bool IsNamed(string[] words, Option option) =>
        words.Any(word => word.Split('=', ':')[0] == option.Name);

    private static IPEndPoint[]? ParseEndPoint(string option, ArgumentResult result)
    {
        var all = new List<IPEndPoint>();
        foreach (string text in result.Tokens.Select(static token => token.Value))
        {
            if (text.StartsWith(LocalHost, StringComparison.Ordinal)
                && ushort.TryParse(text.AsSpan(LocalHost.Length), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
                && port != 0)
            {
                all.Add(new IPEndPoint(IPAddress.Loopback, port));
                if (HasIPv6())
                    all.Add(new IPEndPoint(IPAddress.IPv6Loopback, port));
            }
            else if (TryEndPoint(text, out IPEndPoint? endPoint))
            {
                all.Add(endPoint!);
            }
            else
            {
                result.AddError($"{option} '{text}' is not IP:PORT, for example 127.0.0.1:3001, [::]:3001 or localhost:3001.");
                return null;
            }
        }

        return [.. all];
    }

    private static bool HasIPv6()
    {
        try
        {
            using var probe = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
            probe.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
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
        int named = ((Option[])[_socket, _cid, _vhost]).Count(option => result.GetResult(option) is not null);
        if (named != 1)
            result.AddError("Name the enclave by exactly one of --enclave-socket, --enclave-cid and --enclave-vhost.");
        var published = new HashSet<ushort>();
        foreach (string text in result.GetValue(_publish) ?? [])
        {
            if (!TryPublish(text, out ushort port, out _))
                result.AddError($"--publish '{text}' is not P=IP:PORT, for example 3000=127.0.0.1:8080.");
            else if (!published.Add(port))
                result.AddError($"--publish moves the port {port} twice.");
        }

        var listens = new HashSet<string>(StringComparer.Ordinal);
        foreach (string text in ((Option[])[_listen, _healthListen]).SelectMany(option => result.GetResult(option)?.Tokens ?? []).Select(static token => token.Value))
        {
            if (!text.EndsWith(":0", StringComparison.Ordinal) && !listens.Add(text))
                result.AddError($"{text} is named twice by --listen and --health-listen.");
        }
    }

    private HostSettings Read(ParseResult parsed)
    {
        var publish = new Dictionary<ushort, IPEndPoint>();
        foreach (string text in parsed.GetValue(_publish) ?? [])
        {
            TryPublish(text, out ushort port, out IPEndPoint? endPoint);
            publish[port] = endPoint!;
        }

        AppCheckTarget? check = parsed.GetValue(_appCheck) is { } told && AppCheckTarget.TryParse(told, out AppCheckTarget? target) ? target : null;
        return new HostSettings
        {
            Enclave = parsed.GetValue(_socket) is { } socket ? EnclaveAddress.Unix(socket)
                : parsed.GetValue(_vhost) is { } vhost ? EnclaveAddress.VhostUser(vhost)
                : EnclaveAddress.Vsock(parsed.GetValue(_cid)!.Value),
            Listen = parsed.GetValue(_listen)!,
            HealthListen = parsed.GetValue(_healthListen) ?? [],
            BasePath = parsed.GetValue(_basePath)!,
            Publish = publish,
            Bridges = !parsed.GetValue(_noBridges),
            AppCheck = check,
            AppCheckInterval = TimeSpan.FromSeconds(parsed.GetValue(_appCheckInterval)),
            EnclaveTimeout = TimeSpan.FromSeconds(parsed.GetValue(_timeout)),
            EnclaveConnections = parsed.GetValue(_connections),
            SingleConnection = parsed.GetValue(_single),
            SpoolBytes = parsed.GetValue(_spool) * 1024 * 1024,
            SpoolFolder = parsed.GetValue(_spoolFolder)!,
            Drain = TimeSpan.FromSeconds(parsed.GetValue(_drain)),
            JsonLog = parsed.GetValue(_log) == "json",
        };
    }
}
