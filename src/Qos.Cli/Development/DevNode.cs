using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Qos.Client;
using Qos.Local;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary>One node of a run: a boot, from its programs' start to their end.</summary>
internal sealed class DevNode : IAsyncDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(10);

    // Ctrl-C gives the whole program two seconds.
    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(1200);

    // Its runner ends QEMU and the rest within half a second, on a machine that has the time for it.
    private static readonly TimeSpan s_machineGrace = TimeSpan.FromSeconds(5);

    // A refused connection comes back through the machine's vsock in some milliseconds.
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(150);

    private readonly Dictionary<string, AttachedProcess> _programs = new(StringComparer.Ordinal);
    private readonly string _folder;
    private readonly bool _isWrapped;
    private readonly bool _isMachine;

    private DevNode(string folder, int hostPort, IReadOnlyDictionary<ushort, int> ports, bool isWrapped, bool isMachine)
    {
        (_folder, HostPort, Ports, _isWrapped, _isMachine) = (folder, hostPort, ports, isWrapped, isMachine);
        Client = new NodeClient($"http://127.0.0.1:{hostPort}");
    }

    /// <summary>Whether the app was started and is reached.</summary>
    public bool IsReady { get; set; }

    /// <summary><see cref="FailedEgress"/> when it became ready.</summary>
    public long FailedBefore { get; set; }

    /// <summary>Where its host's API is.</summary>
    public int HostPort { get; }

    /// <summary>Where the app's ports are, by the manifest's port.</summary>
    public IReadOnlyDictionary<ushort, int> Ports { get; }

    /// <summary>Speaks with it.</summary>
    public NodeClient Client { get; }

    /// <summary>Completes with the exit code of the enclave, which is the app's where its manifest says Never.</summary>
    public Task<int> Ended { get; private set; } = null!;

    private AttachedProcess Main => _programs[_isMachine ? LocalNodePrograms.MachineFolder : "enclave"];

    private int Enclave => !_isWrapped ? Main.Id : ProcessLedger.ChildrenOf(Main.Id) is [var enclave, ..] ? enclave : 0;

    // In a machine none that could be looked at from here.
    private int? AppProcess => !_isMachine && Enclave > 0 && ProcessLedger.ChildrenOf(Enclave) is [var app, ..] ? app : null;

    /// <summary>Starts the programs.</summary>
    /// <param name="folder">The node's folder.</param>
    /// <param name="plan">What was asked for.</param>
    /// <param name="pki">The folder of the simulator's authority.</param>
    /// <param name="isWrapped">Whether the enclave has surroundings of its own.</param>
    /// <param name="log">Takes the app's lines and what went wrong.</param>
    public static DevNode Start(string folder, DevPlan plan, string pki, bool isWrapped, DevLog log)
    {
        var ports = plan.Ports.Select(static port => port.Inner).Distinct().ToDictionary(static port => port, static _ => DevPort.Free());
        var node = new DevNode(folder, DevPort.Free(), ports, isWrapped && plan.Machine is null, plan.Machine is not null);
        try
        {
            static string Find(string name) => ProgramFinder.Find(name, Environment.ProcessPath, Environment.GetEnvironmentVariable("PATH"));
            string? beside = plan.Machine is null ? null : DevMachine.MakePrograms(Directory.CreateDirectory(Path.Combine(folder, "bin")).FullName, Find);
            var programs = new LocalNodePrograms
            {
                Find = name => beside is null ? Find(name) : Path.Combine(beside, name),
                PkiFolder = pki,
                HostPort = node.HostPort,
                Ports = ports,
            };
            IReadOnlyList<NodeProgram> all = plan.Machine is { } machine
                ? programs.Machine(machine.Script, machine.Image, DevMachine.Further)
                : programs.Processes(
                    pcrs: null, isWrapped ? EnclaveSurroundings.Arguments : ["--dir", "node"], isWrapped ? EnclaveSurroundings.Wrapper : [], Path.Combine(pki, "root.pem"));
            foreach (NodeProgram program in all)
            {
                node._programs[program.Name] = AttachedProcess.Start(
                    program, folder, line => log.Line(program.Name, line), line => log.Complaint(program.Name, line));
            }

            node.Ended = node._isMachine
                ? new DevConsole(folder, line => log.Line(LocalNodePrograms.MachineFolder, line)).FollowAsync(node.Main.Ended)
                : node.Main.Ended;
            return node;
        }
        catch
        {
            foreach (AttachedProcess program in node._programs.Values)
                program.Dispose();
            throw;
        }
    }

    /// <summary>Waits until it answers.</summary>
    /// <exception cref="CeremonyException">One of its programs has ended.</exception>
    public async Task AnswersAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_programs.FirstOrDefault(static program => program.Value.Ended.IsCompleted) is { Key: { } ended })
                throw new CeremonyException($"The node's {ended} ended with code {await _programs[ended].Ended.ConfigureAwait(false)} before the app was started.");
            try
            {
                _ = await Client.StatusAsync(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (e is CeremonyException or ProtocolException)
            {
                await Task.Delay(s_pause, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>How many connections from inside led nowhere by now: none but what the manifest names leads anywhere.</summary>
    public long FailedEgress => AppProcess is { } app && FailedConnections.Of(app) is { } failed ? failed.Refused + failed.Unreachable : 0;

    /// <summary>Why the app cannot be reached by now at one of its ports; null when it can.</summary>
    public async Task<string?> DescribeUnreachableAsync(CancellationToken cancellationToken)
    {
        if (Ports.Count == 0)
            return null;
        return _isMachine ? await DescribeUnreachableInsideAsync(cancellationToken).ConfigureAwait(false) : DescribeUnreachable();
    }

    /// <summary>What the node says of the app's process; null when it says nothing.</summary>
    public async Task<PivotStatus?> AppAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await Client.StatusAsync(cancellationToken).ConfigureAwait(false)).Pivot;
        }
        catch (Exception e) when (e is CeremonyException or ProtocolException)
        {
            return null;
        }
    }

    private string? DescribeUnreachable()
    {
        HashSet<int> here = [.. IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(static end => end.Port)];
        if (Ports.Values.Any(port => !here.Contains(port)))
            return "the bridges of the app's ports are not open";
        if (AppProcess is not { } app)
            return "the app does not run";
        IReadOnlyList<IPEndPoint> there = ListeningSockets.Of(app);
        foreach (ushort port in Ports.Keys)
        {
            if (there.Any(end => end.Port == port && Takes127001(end.Address)))
                continue;
            return there.FirstOrDefault(end => end.Port == port) is { } elsewhere
                ? $"the app listens at {elsewhere} only: a bridge leads to 127.0.0.1:{port}"
                : $"the app does not listen at 127.0.0.1:{port}"
                    + (there.Count == 0 ? "" : $" but at {string.Join(", ", there)}");
        }

        return null;
    }

    // The enclave's half of a bridge ends a connection at once to which nothing listens inside.
    private async Task<string?> DescribeUnreachableInsideAsync(CancellationToken cancellationToken)
    {
        try
        {
            if ((await Client.StatusAsync(cancellationToken).ConfigureAwait(false)).Pivot is not { State: PivotState.Running } pivot)
                return "the app does not run";
            if (pivot.Bridges.FirstOrDefault(static bridge => bridge.IsServer && bridge.Problem is not null) is { } closed)
                return $"the bridge of port {closed.Port} is not open: {closed.Problem}";
            foreach ((ushort inner, int outer) in Ports)
            {
                if (!await StaysOpenAsync(outer, cancellationToken).ConfigureAwait(false))
                    return $"the app does not listen at 127.0.0.1:{inner}";
            }

            return null;
        }
        catch (Exception e) when (e is CeremonyException or ProtocolException)
        {
            return VisibleText.OneLine(e.Message);
        }
    }

    private static async Task<bool> StaysOpenAsync(int port, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var look = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        look.CancelAfter(s_look);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, look.Token).ConfigureAwait(false);
            return await socket.ReceiveAsync(new byte[1], SocketFlags.Peek, look.Token).ConfigureAwait(false) > 0;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return socket.Connected;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Ends it: the app by SIGTERM first, then everything.</summary>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!Main.Ended.IsCompleted)
        {
            try
            {
                await ProcessLedger.SignalAsync("TERM", Enclave is > 0 and var enclave ? [enclave] : [], CancellationToken.None).ConfigureAwait(false);
                await Main.Ended.WaitAsync(_isMachine ? s_machineGrace : s_grace).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or TimeoutException)
            {
                // Then it is killed.
            }
        }

        foreach (AttachedProcess one in _programs.Values)
            one.Kill();
        await Task.WhenAll(_programs.Values.Select(static one => one.Ended)).ConfigureAwait(false);
        await Ended.ConfigureAwait(false);
        foreach (AttachedProcess one in _programs.Values)
            one.Dispose();
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (IOException)
        {
            // A killed machine's last write may come in between; the run's folder goes in the end, and this one with it.
        }
    }

    private static bool Takes127001(IPAddress address) =>
        address.Equals(IPAddress.Loopback) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
        || (address.IsIPv4MappedToIPv6 && address.MapToIPv4().Equals(IPAddress.Loopback));
}
