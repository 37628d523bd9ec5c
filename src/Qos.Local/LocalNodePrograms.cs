using System.Globalization;

namespace Qos.Local;

/// <summary>
/// The command lines of a node on this machine: as processes with a simulated module, or as a virtual machine with a host in front of it. All paths
/// are relative to the node's folder, in which the programs are started.
/// </summary>
public sealed record LocalNodePrograms
{
    /// <summary>The simulator's socket.</summary>
    public const string ModuleSocket = "nsm.sock";

    /// <summary>The enclave's control socket.</summary>
    public const string EnclaveSocket = "enclave.sock";

    /// <summary>The machine's folder.</summary>
    public const string MachineFolder = "machine";

    /// <summary>The file with a machine's console.</summary>
    public const string MachineConsole = MachineFolder + "/console.log";

    /// <summary>
    /// Where a process's app finds the enclave's files. In an enclave that is the root; here each node has this folder to itself, in a mount namespace of
    /// its own, so that one manifest's arguments hold for all of them.
    /// </summary>
    public const string NodeFolder = "/run/qos-node";

    /// <summary>Finds a program by its name.</summary>
    public required Func<string, string> Find { get; init; }

    /// <summary>The folder of the simulator's authority, which several nodes may share.</summary>
    public required string PkiFolder { get; init; }

    /// <summary>Where the host's API listens on the loopback.</summary>
    public required int HostPort { get; init; }

    /// <summary>Where the app's ports are published on the loopback, by the manifest's port.</summary>
    public required IReadOnlyDictionary<ushort, int> Ports { get; init; }

    /// <summary>The role that makes PCR3; null for none.</summary>
    public string? RoleArn { get; init; }

    /// <summary>A node as three processes.</summary>
    /// <param name="pcrs">The file of measurements that the simulator shows; null for zeros, which are a debug enclave's.</param>
    /// <param name="arguments">Further arguments of the enclave's, such as <c>--dir</c>, the folder of its files.</param>
    /// <param name="wrapper">What prepares the enclave's surroundings.</param>
    /// <param name="rootOut">Where the simulator writes its root; null for nowhere.</param>
    public IReadOnlyList<NodeProgram> Processes(string? pcrs, IReadOnlyList<string> arguments, IReadOnlyList<string> wrapper, string? rootOut = null) =>
    [
        new(
            "nsm",
            Find("qos-nsm-sim"),
            [
                "--socket", ModuleSocket, "--pki-dir", PkiFolder,
                .. pcrs is null ? (string[])[] : ["--pcrs", pcrs],
                .. RoleArn is { } arn ? (string[])["--role-arn", arn] : [],
                .. rootOut is null ? (string[])[] : ["--root-out", rootOut],
            ],
            []),
        Host("--enclave-socket", EnclaveSocket),
        new("enclave", Find("qos-enclave"), ["--socket", EnclaveSocket, "--nsm", ModuleSocket, .. arguments], wrapper, Awaits: ModuleSocket),
    ];

    /// <summary>
    /// A node as a virtual machine that is booted from an image. It is one program: the script starts the host when the machine listens (asked sooner, its
    /// vsock never recovers), starts the machine anew where QEMU loses a request at the boot, and ends both when one ends.
    /// </summary>
    /// <param name="script">The script that runs it.</param>
    /// <param name="image">The image.</param>
    /// <param name="further">Further arguments of the script.</param>
    public IReadOnlyList<NodeProgram> Machine(string script, string image, IReadOnlyList<string> further) =>
    [
        new(
            MachineFolder,
            script,
            [
                "--image", image, "--dir", MachineFolder, "--pki-dir", PkiFolder, .. Served(),
                .. RoleArn is { } arn ? (string[])["--role-arn", arn] : [],
                .. further,
            ],
            ["env", "QOS_BIN=" + Path.GetDirectoryName(Find("qos-host"))]),
    ];

    private NodeProgram Host(string option, string socket) => new(
        "host",
        Find("qos-host"),
        [option, socket, .. Served()],
        []);

    private string[] Served() =>
    [
        "--listen", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{HostPort}"),
        .. Ports.SelectMany(static port => (string[])["--publish", string.Create(CultureInfo.InvariantCulture, $"{port.Key}=127.0.0.1:{port.Value}")]),
    ];
}
