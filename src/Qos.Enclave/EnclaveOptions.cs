using System.Globalization;
using Qos.Transport;

namespace Qos.Enclave;

/// <summary>The command line of <c>qos-enclave</c>. Read by hand: a parser's library would be part of the trusted base.</summary>
internal sealed record EnclaveOptions
{
    public const string Help = """
        qos-enclave: a node of the quorum; it boots, holds and runs one approved app.

        Usage: qos-enclave --socket ADDRESS --nsm MODULE [--dir FOLDER]
                           [--network KIND] [--work-dir FOLDER]
                           [--linger SECONDS] [--hosts-file FILE]
               qos-enclave --help | --version

          --socket ADDRESS   where to listen for the host: the path of a Unix socket,
                             or vsock:any
          --nsm MODULE       the Nitro Secure Module: device for /dev/nsm, or the path
                             of a simulator's socket, which may come 10 s later
          --dir FOLDER       where manifest, app and keys are put; default /. The keys
                             are removed when the node ends
          --network KIND     the app's network: isolated (nothing but loopback, as in
                             an enclave) or shared; default: isolated with a Unix
                             socket where that is permitted, else shared
          --work-dir FOLDER  the app's working directory; default /, as in an enclave
          --hosts-file FILE  where the names are written that the manifest's client
                             bridges lead to: the app's own /etc/hosts, of a mount
                             namespace in which the node was started; default: nowhere
          --linger SECONDS   how long the node still answers after an app that its
                             manifest never starts again has ended; default 0

        Example:
          qos-enclave --socket /tmp/enclave.sock --nsm /tmp/nsm.sock --dir /tmp/enclave

        Exit codes: 0 stopped by SIGTERM or SIGINT, 1 cannot run, 2 wrong usage. When
        the app ends and its manifest says Never: the app's own exit code, or 128 plus
        the number of the signal that ended it.
        """;

    private const string Device = "device";
    private const double MostSeconds = 3600;
    private static readonly string[] s_names = ["socket", "nsm", "dir", "network", "work-dir", "linger", "hosts-file"];

    /// <summary>Where to listen for the host.</summary>
    public required EnclaveAddress Address { get; init; }

    /// <summary>The simulator's socket, or null for the device.</summary>
    public required string? SimulatorSocket { get; init; }

    /// <summary>The node's folder.</summary>
    public required string Directory { get; init; }

    /// <summary>The pivot's network.</summary>
    public required NetworkChoice Network { get; init; }

    /// <summary>The pivot's working directory.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>How long the node answers after its pivot has ended under <c>Never</c>.</summary>
    public required TimeSpan Linger { get; init; }

    /// <summary>Where the names of the client bridges are written; null for nowhere.</summary>
    public required string? HostsFile { get; init; }

    /// <summary>Reads a command line.</summary>
    /// <exception cref="UsageException">It is not of the form that <see cref="Help"/> gives.</exception>
    public static EnclaveOptions Parse(string[] words)
    {
        Dictionary<string, string> options = Read(words);
        EnclaveAddress address = AddressFrom(Required(options, "socket"));
        string nsm = Required(options, "nsm");
        string? simulator = nsm == Device ? null : nsm;
        if (simulator is not null && address.Kind == EnclaveAddressKind.Vsock)
            throw new UsageException($"--nsm {nsm} cannot be used with --socket {address}: behind a vsock only the device is trusted");
        return new EnclaveOptions
        {
            Address = address,
            SimulatorSocket = simulator,
            Directory = options.GetValueOrDefault("dir", "/"),
            Network = options.GetValueOrDefault("network") switch
            {
                null => NetworkChoice.Automatic,
                "isolated" => NetworkChoice.Isolated,
                "shared" => NetworkChoice.Shared,
                { } other => throw new UsageException($"--network {other}: write isolated or shared"),
            },
            WorkingDirectory = WorkingDirectoryFrom(options.GetValueOrDefault("work-dir", "/")),
            Linger = SecondsFrom(options.GetValueOrDefault("linger", "0")),
            HostsFile = options.GetValueOrDefault("hosts-file"),
        };
    }

    // --name VALUE or --name=VALUE, each once.
    private static Dictionary<string, string> Read(string[] words)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < words.Length; i++)
        {
            string[] parts = words[i].Split('=', 2);
            if (!parts[0].StartsWith("--", StringComparison.Ordinal) || !s_names.Contains(parts[0][2..]))
                throw new UsageException($"'{words[i]}' is no option");
            if (options.ContainsKey(parts[0][2..]))
                throw new UsageException($"{parts[0]} is given twice");
            bool isNextWord = parts.Length == 1 && i + 1 < words.Length && !words[i + 1].StartsWith("--", StringComparison.Ordinal);
            string value = parts.Length == 2 ? parts[1] : isNextWord ? words[++i] : "";
            if (value.Length == 0)
                throw new UsageException($"{parts[0]} needs a value");
            options.Add(parts[0][2..], value);
        }

        return options;
    }

    private static string Required(Dictionary<string, string> options, string name) =>
        options.GetValueOrDefault(name) ?? throw new UsageException($"--{name} is missing");

    private static string WorkingDirectoryFrom(string path) => System.IO.Directory.Exists(path)
        ? Path.GetFullPath(path)
        : throw new UsageException($"--work-dir {path}: there is no such folder");

    private static TimeSpan SecondsFrom(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds is >= 0 and <= MostSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw new UsageException($"--linger {text}: write seconds, for example 3");

    private static EnclaveAddress AddressFrom(string text)
    {
        try
        {
            // Scripts give a bare name as well as a path.
            EnclaveAddress address = text.Contains(':', StringComparison.Ordinal) ? EnclaveAddress.Parse(text) : EnclaveAddress.Unix(text);
            return address.Kind == EnclaveAddressKind.VhostUser
                ? throw new UsageException($"--socket {text}: a vhost-user back end is the host's side; write a path or vsock:any")
                : address;
        }
        catch (TransportException e)
        {
            throw new UsageException($"--socket {text}: {e.Message}");
        }
    }
}

/// <summary>The network that the pivot lives in.</summary>
internal enum NetworkChoice
{
    /// <summary>Isolated on a machine, where that is permitted; otherwise shared.</summary>
    Automatic,

    /// <summary>A namespace with nothing but a loopback interface, as in an enclave.</summary>
    Isolated,

    /// <summary>This process's own network.</summary>
    Shared,
}

/// <summary>A command line that cannot be followed; the message is one line that says what to change.</summary>
internal sealed class UsageException(string message) : Exception(message);
