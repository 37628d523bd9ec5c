using Microsoft.Extensions.Configuration;
using Qos.Transport;

namespace Qos.Enclave;

/// <summary>The command line of <c>qos-enclave</c>.</summary>
/// <remarks>
/// Read by the command line source of Microsoft.Extensions.Configuration, which the Generic Host brings along: another parser in the
/// trusted base would have to be trusted as well. That source lets mistakes pass (unknown, repeated and half options), so the words are
/// checked first.
/// </remarks>
internal sealed record EnclaveOptions
{
    public const string Help = """
        qos-enclave: a node of the quorum, which boots, holds and runs one approved app.

        Usage: qos-enclave --socket ADDRESS --nsm MODULE [--dir FOLDER] [--network KIND]

          --socket ADDRESS   where to listen for the host: the path of a Unix socket, or vsock:any
          --nsm MODULE       the Nitro Secure Module: the path of a simulator's socket, or device for /dev/nsm
          --dir FOLDER       where manifest, app and keys are put; default /
          --network KIND     the app's network: isolated (nothing but loopback, as in an enclave) or shared;
                             default: isolated with a Unix socket where that is permitted, else shared

        Example:
          qos-enclave --socket /tmp/enclave.sock --nsm /tmp/nsm.sock --dir /tmp/enclave

        Exit codes: 0 stopped by SIGTERM or SIGINT, 1 cannot run, 2 wrong usage. When the app ends and its manifest says Never:
        the app's own exit code, or 128 plus the number of the signal that ended it.
        """;

    private const string Device = "device";
    private static readonly string[] s_names = ["socket", "nsm", "dir", "network"];

    /// <summary>Where to listen for the host.</summary>
    public required EnclaveAddress Address { get; init; }

    /// <summary>The simulator's socket, or null for the device.</summary>
    public required string? SimulatorSocket { get; init; }

    /// <summary>The node's folder.</summary>
    public required string Directory { get; init; }

    /// <summary>The pivot's network.</summary>
    public required NetworkChoice Network { get; init; }

    /// <summary>Reads a command line.</summary>
    /// <exception cref="UsageException">It is not of the form that <see cref="Help"/> gives.</exception>
    public static EnclaveOptions Parse(string[] words)
    {
        CheckWords(words);
        IConfigurationRoot options = new ConfigurationBuilder().AddCommandLine(words).Build();
        EnclaveAddress address = AddressOf(Required(options, "socket"));
        string nsm = Required(options, "nsm");
        string? simulator = nsm == Device ? null : nsm;
        if (simulator is not null && address.Kind == EnclaveAddressKind.Vsock)
            throw new UsageException($"--nsm {nsm} cannot be used with --socket {address}: behind a vsock only the device is trusted");
        return new EnclaveOptions
        {
            Address = address,
            SimulatorSocket = simulator,
            Directory = options["dir"] ?? "/",
            Network = options["network"] switch
            {
                null => NetworkChoice.Automatic,
                "isolated" => NetworkChoice.Isolated,
                "shared" => NetworkChoice.Shared,
                { } other => throw new UsageException($"--network {other}: write isolated or shared"),
            },
        };
    }

    private static void CheckWords(string[] words)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < words.Length; i++)
        {
            string[] parts = words[i].Split('=', 2);
            if (!parts[0].StartsWith("--", StringComparison.Ordinal) || !s_names.Contains(parts[0][2..]))
                throw new UsageException($"'{words[i]}' is no option");
            if (!seen.Add(parts[0]))
                throw new UsageException($"{parts[0]} is given twice");
            if (parts.Length == 1 && (++i == words.Length || words[i].StartsWith("--", StringComparison.Ordinal)))
                throw new UsageException($"{parts[0]} needs a value");
            if ((parts.Length == 1 ? words[i] : parts[1]).Length == 0)
                throw new UsageException($"{parts[0]} needs a value");
        }
    }

    private static string Required(IConfigurationRoot options, string name) =>
        options[name] ?? throw new UsageException($"--{name} is missing");

    private static EnclaveAddress AddressOf(string text)
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
