using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Qos.Client;
using Qos.Protocol;
using Qos.Verify;

namespace Qos.EndToEnd.Local;

/// <summary>A node on this machine: simulator, enclave and host, each a published program in a process of its own.</summary>
public sealed class LocalNode : IAsyncDisposable
{
    private readonly NodeSetup _setup;
    private readonly Action<string> _log;
    private readonly List<RunningProgram> _all = [];
    private readonly string _home = System.IO.Directory.CreateTempSubdirectory("qos-e2e-").FullName;
    private NodeClient? _client;
    private byte[]? _root;

    private LocalNode(Action<string> log, NodeSetup setup)
    {
        _setup = setup;
        _log = log;
        System.IO.Directory.CreateDirectory(Directory);
        File.WriteAllLines(In("release.pcrs"), Enumerable.Range(0, 4).Select(index => $"{Convert.ToHexStringLower(Pcr(index))} PCR{index}"));
        HostAddress = new IPEndPoint(IPAddress.Loopback, FreePort());
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(1) })
        {
            BaseAddress = new Uri($"http://{HostAddress}/"),
            Timeout = TimeSpan.FromMinutes(2),
        };
    }

    /// <summary>The enclave's folder.</summary>
    public string Directory => In("node");

    /// <summary>The enclave's control socket.</summary>
    public string Socket => In("enclave.sock");

    /// <summary>The simulator's socket.</summary>
    public string NsmSocket => In("nsm.sock");

    /// <summary>Where the host listens.</summary>
    public IPEndPoint HostAddress { get; }

    /// <summary>The simulator's authority.</summary>
    public string PkiFolder => _setup.PkiFolder ?? In("pki");

    /// <summary>The simulator.</summary>
    public RunningProgram Simulator { get; private set; } = null!;

    /// <summary>The enclave.</summary>
    public RunningProgram Enclave { get; private set; } = null!;

    /// <summary>The host.</summary>
    public RunningProgram Host { get; private set; } = null!;

    /// <summary>Speaks plainly to the host.</summary>
    public HttpClient Http { get; }

    /// <summary>Speaks the protocol with the host.</summary>
    public NodeClient Client => _client ??= new NodeClient($"http://{HostAddress}");

    /// <summary>The simulator's root, which is another one for each node unless nodes share an authority.</summary>
    public ReadOnlyMemory<byte> RootDer => _root ??= Convert.FromBase64String(string.Concat(
        File.ReadLines(In("root.pem")).Where(line => !line.StartsWith('-'))));

    /// <summary>What the members believe: this simulator, now, these measurements.</summary>
    public AttestationPolicy Policy => AttestationPolicy.From(Enumerable.Range(0, 4).ToDictionary(index => index, Pcr), ValidationTime.Now, RootDer.ToArray());

    /// <summary>The names in the enclave's folder, but for the lock and the folder of the app's service.</summary>
    public string[] FileNames =>
        [.. System.IO.Directory.GetFileSystemEntries(Directory).Select(path => Path.GetFileName(path)!).Where(name => name is not (".qos.lock" or "run")).Order(StringComparer.Ordinal)];

    /// <summary>A measurement of the release that all local nodes run.</summary>
    public static byte[] Pcr(int index) => [.. Enumerable.Repeat((byte)(0xA0 + index), 48)];

    /// <summary>A port that nothing listens on.</summary>
    public static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    /// <summary>A folder with nothing running yet.</summary>
    /// <param name="log">Gets the programs' output at the end.</param>
    /// <param name="setup">What to start with.</param>
    public static LocalNode Prepare(Action<string> log, NodeSetup? setup = null) => new(log, setup ?? new NodeSetup());

    /// <summary>A node that answers.</summary>
    public static async Task<LocalNode> StartAsync(Action<string> log, NodeSetup? setup = null)
    {
        LocalNode node = Prepare(log, setup);
        try
        {
            await node.StartSimulatorAsync();
            if (node._setup.WithHost)
                node.StartHost();
            await node.StartEnclaveAsync();
            if (node._setup.WithHost)
                await node.HostAnswersAsync();
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>A path in the node's own temporary folder.</summary>
    public string In(string name) => Path.Combine(_home, name);

    /// <summary>Starts the simulator and waits until it is ready.</summary>
    public async Task StartSimulatorAsync()
    {
        Simulator = Remember(RunningProgram.Start("qos-nsm-sim",
        [
            "--socket", NsmSocket, "--pcrs", In("release.pcrs"), "--root-out", In("root.pem"), "--pki-dir", PkiFolder, .. _setup.Simulator,
        ]));
        await Simulator.SaysAsync("is ready");
    }

    /// <summary>Starts the enclave and waits until it answers.</summary>
    public async Task StartEnclaveAsync()
    {
        string[] own = ["--socket", Socket, "--nsm", NsmSocket, "--dir", Directory, .. _setup.Enclave];
        Enclave = Remember(_setup.EnclaveWrapper.Count > 0
            ? RunningProgram.StartAt("qos-enclave", _setup.EnclaveWrapper[0], [.. _setup.EnclaveWrapper.Skip(1), Programs.Find("qos-enclave"), .. own])
            : RunningProgram.Start("qos-enclave", own));
        await Eventually.TrueAsync(async () => await PhaseOrNullAsync() is not null, () => $"The enclave does not answer.\n{Log}");
    }

    /// <summary>Starts the host.</summary>
    public void StartHost()
    {
        string[] own = ["--enclave-socket", Socket, "--listen", HostAddress.ToString(), .. _setup.Host];
        Host = Remember(_setup.HostWrapper.Count > 0
            ? RunningProgram.StartAt("qos-host", _setup.HostWrapper[0], [.. _setup.HostWrapper.Skip(1), Programs.Find("qos-host"), .. own])
            : RunningProgram.Start("qos-host", own));
    }

    /// <summary>Waits until the host answers.</summary>
    public Task HostAnswersAsync() => Eventually.TrueAsync(
        async () =>
        {
            try
            {
                return await Http.GetStringAsync("healthz") == "ok";
            }
            catch (Exception e) when (e is HttpRequestException or SocketException && !Host.HasExited)
            {
                return false;
            }
        },
        () => $"The host does not answer.\n{Log}");

    /// <summary>One request straight to the enclave.</summary>
    public Task<ProtocolMessage> AskAsync(ProtocolMessage request) => ControlSocket.AskAsync(Socket, request);

    /// <summary>The phase as the enclave itself says.</summary>
    public async Task<ProtocolPhase> PhaseAsync() => ((ProtocolMessage.StatusResponse)await AskAsync(new ProtocolMessage.StatusRequest())).Phase;

    /// <summary>The phase, the shares and the pivot's state.</summary>
    public async Task<NodeStatus> StatusAsync() => ((ProtocolMessage.NodeStatusResponse)await AskAsync(new ProtocolMessage.NodeStatusRequest())).Status;

    /// <summary>Waits for a state of the node.</summary>
    public Task<NodeStatus> StatusAsync(Func<NodeStatus, bool> wanted) => Eventually.IsAsync(
        async () => await StatusAsync() is { } status && wanted(status) ? status : null,
        () => $"The node does not come to the state that is waited for.\n{Log}");

    /// <summary>Boots the node over its socket; the answer is the document, or the test fails with the refusal.</summary>
    public async Task<ReadOnlyMemory<byte>> BootAsync(ManifestEnvelope envelope, ReadOnlyMemory<byte> pivot)
    {
        ProtocolMessage answer = await AskAsync(new ProtocolMessage.BootStandardRequest(envelope, pivot));
        return answer is ProtocolMessage.BootStandardResponse { NsmResponse: Nsm.NsmResponse.Attestation document }
            ? document.Document
            : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The boot was refused: {answer}\n{Log}"));
    }

    /// <summary>Boots and provisions the node, and waits until its pivot was started.</summary>
    public async Task<ManifestEnvelope> RunAsync(Quorum quorum, Manifest manifest, ReadOnlyMemory<byte> pivot)
    {
        ArgumentNullException.ThrowIfNull(quorum);
        ManifestEnvelope envelope = quorum.Approve(manifest);
        ReadOnlyMemory<byte> document = await BootAsync(envelope, pivot);
        for (int holder = 0; holder < quorum.Threshold; holder++)
        {
            if (await AskAsync(quorum.Share(holder, this, document, envelope)) is not ProtocolMessage.ProvisionResponse)
                throw new InvalidOperationException($"A share was refused.\n{Log}");
        }

        await StatusAsync(status => status.Pivot is { State: not PivotState.Waiting });
        return envelope;
    }

    /// <summary>Everything that the programs printed.</summary>
    public string Log => string.Join('\n', _all.Select(program => program.Log));

    /// <summary>Ends the programs and removes the folder.</summary>
    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        Http.Dispose();
        foreach (RunningProgram program in Enumerable.Reverse(_all))
            await program.DisposeAsync();
        _log(Log);
        System.IO.Directory.Delete(_home, recursive: true);
    }

    private RunningProgram Remember(RunningProgram program)
    {
        _all.Add(program);
        return program;
    }

    private async Task<ProtocolPhase?> PhaseOrNullAsync()
    {
        try
        {
            return Enclave.HasExited ? throw new InvalidOperationException($"The enclave has ended.\n{Log}") : await PhaseAsync();
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return null;
        }
    }
}
