using System.CommandLine;

namespace Qos.Compat;

/// <summary><c>qos_core</c>: becomes <c>qos-enclave</c>; with <c>--mock</c>, <c>qos-nsm-sim</c> runs beside it for as long as it lives.</summary>
internal sealed class CoreProgram : ServerProgram
{
    // As the reference's: whoever asks how the pivot ended is still answered for so long.
    private const string Linger = "3";

    private readonly SocketOptions _socket = new();
    private readonly Option<bool> _mock = Standard.Flag("mock", "Use a Nitro Secure Module in software, for development.");
    private readonly Option<string?> _mockPcrs = Standard.Optional("mock-pcrs", "Its PCRs: lines \"<hex> PCR<n>\".");
    private readonly Option<string?> _mockPki = Standard.Optional("mock-pki", "Its certificates, as 'qos-nsm-sim --mock-pki' takes them (an option of ours).");
    private readonly (string Name, Option<string?> Option)[] _files =
    [
        Named(NodeFolder.QuorumKey, "quorum-file"), Named(NodeFolder.Pivot, "pivot-file"), Named(NodeFolder.EphemeralKey, "ephemeral-file"),
        Named(NodeFolder.Manifest, "manifest-file"),
    ];

    public CoreProgram()
        : base("The options of qos_core, done by qos-enclave of Qos for .NET.") =>
        Take([.. _socket.All, _mock, _mockPcrs, _mockPki, .. _files.Select(static file => file.Option)]);

    /// <summary>The command lines of our programs; none of the simulator's without <c>--mock</c>.</summary>
    /// <exception cref="FormatException">The options exclude each other.</exception>
    /// <param name="parsed">The command line of the reference's.</param>
    /// <param name="folder">The node's folder.</param>
    /// <param name="workingDirectory">This process's own, which the reference's pivot has too.</param>
    /// <param name="authority">Folder of the authority that all mocks of a user share; null for one of its own.</param>
    public (string[] Enclave, string[]? Simulator) Translate(ParseResult parsed, string folder, string workingDirectory, string? authority)
    {
        bool mock = parsed.GetValue(_mock);
        if (!mock && (parsed.GetValue(_mockPcrs) ?? parsed.GetValue(_mockPki)) is not null)
            throw new FormatException("--mock-pcrs and --mock-pki need --mock");
        (string? socket, _) = _socket.Read(parsed);
        string module = SimulatorSocket(socket);
        string[] enclave = ["--socket", socket ?? "vsock:any", "--nsm", mock ? module : "device", "--dir", folder, "--work-dir", workingDirectory, "--linger", Linger];
        if (!mock)
            return (enclave, null);
        List<string> simulator = ["--socket", module];
        if (parsed.GetValue(_mockPcrs) is { } pcrs)
            simulator.AddRange(["--pcrs", pcrs]);
        if (parsed.GetValue(_mockPki) is { } pki)
            simulator.AddRange(["--mock-pki", pki]);
        else if (authority is not null)
            simulator.AddRange(["--pki-dir", authority]);
        return (enclave, [.. simulator]);
    }

    /// <summary>The files that were asked for, by the names that the node gives them.</summary>
    public IReadOnlyDictionary<string, string> Files(ParseResult parsed) => _files
        .Where(file => parsed.GetValue(file.Option) is not null)
        .ToDictionary(static file => file.Name, file => parsed.GetValue(file.Option)!, StringComparer.Ordinal);

    /// <inheritdoc/>
    protected override int Start(ParseResult parsed, Screen screen)
    {
        string program = ProgramBeside.Find("qos-enclave");
        var folder = NodeFolder.For(Files(parsed));
        (string[] enclave, string[]? simulator) = Translate(parsed, folder.Path, Environment.CurrentDirectory, MockAuthority.Folder());
        folder.Link();
        if (simulator is not null)
        {
            using IDisposable turn = MockAuthority.Take();
            SimulatorCompanion.Start(ProgramBeside.Find("qos-nsm-sim"), simulator[1], simulator);
        }

        return ProgramBeside.Become(program, enclave);
    }

    private static string SimulatorSocket(string? socket) => (socket ?? "qos-core") + ".nsm";

    private static (string Name, Option<string?> Option) Named(string name, string option) =>
        (name, Standard.Optional(option, $"Where the node's file appears. Default: /{name}."));
}
