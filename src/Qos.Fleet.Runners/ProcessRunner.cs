using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Qos.Local;

namespace Qos.Fleet.Runners;

/// <summary>
/// Replicas as processes on this machine, each with a folder of its own. Everything about a replica is in its folder and in the kernel: a service that was
/// started again finds all replicas as they are, and they run on while it is away.
/// </summary>
public abstract class ProcessRunner : IRunner, IDisposable
{
    private static readonly TimeSpan s_endPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_filePatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_boundAgain = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _placing = new(1);
    private long _boundedAt;

    /// <param name="folder">Where the replicas' folders are.</param>
    /// <param name="ports">Ports for their hosts and apps.</param>
    /// <param name="place">The place's name; this machine and the folder when null.</param>
    /// <param name="time">The clock.</param>
    protected ProcessRunner(string folder, PortRange ports, string? place, TimeProvider time)
    {
        Folder = Path.GetFullPath(folder);
        Place = place ?? MachinePlace.Of(Folder);
        (Ports, Time) = (ports, time);
        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        FindAll();
    }

    /// <inheritdoc/>
    public event Action<string>? Changed;

    /// <inheritdoc/>
    public abstract string Kind { get; }

    /// <inheritdoc/>
    public string Place { get; }

    /// <summary>Where the replicas' folders are.</summary>
    protected string Folder { get; }

    /// <summary>Ports for their hosts and apps.</summary>
    protected PortRange Ports { get; }

    /// <summary>The clock.</summary>
    protected TimeProvider Time { get; }

    /// <inheritdoc/>
    public async Task StartAsync(ReplicaLaunch launch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(launch);
        Known known = await PlaceAsync(launch, cancellationToken).ConfigureAwait(false);
        await known.Starting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            known.Adopt(Programs(known.Plan));
            await PrepareAsync(known.Folder, known.Plan, cancellationToken).ConfigureAwait(false);
            foreach (NodeProgram program in Programs(known.Plan))
            {
                if (known.IsAlive(program))
                    continue;
                if (program.Awaits is { } file)
                    await FileAsync(Path.Combine(known.Folder, file), program.Name, cancellationToken).ConfigureAwait(false);
                Spawn(known, program);
            }

            known.IsStarted = true;
            _ = AnnounceAsync(known);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            throw new RunnerException($"the replica cannot be started: {e.Message}", e);
        }
        finally
        {
            known.Starting.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, ReplicaInstance>> ObserveAsync(CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        await _placing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            FindAll();
            if (Time.GetElapsedTime(_boundedAt) >= s_boundAgain)
            {
                _boundedAt = Time.GetTimestamp();
                foreach (Known known in _known.Values)
                    BoundLogs(known.Folder);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunnerException($"the replicas' folders cannot be listed: {e.Message}", e);
        }
        finally
        {
            _placing.Release();
        }

        var instances = new Dictionary<string, ReplicaInstance>(StringComparer.Ordinal);
        foreach ((string id, Known known) in _known)
        {
            if (Observe(id, known) is { } instance)
                instances.Add(id, instance);
        }

        return instances;
    }

    /// <inheritdoc/>
    public async Task StopAsync(string replicaId, CancellationToken cancellationToken)
    {
        if (!_known.TryGetValue(replicaId, out Known? known))
            return;
        await known.Starting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            known.IsStopping = true;
            await StoppingAsync(known.Folder, known.Plan, cancellationToken).ConfigureAwait(false);

            // In the kernel's list as well: the service may have been killed before it wrote down what it started.
            int[] all = [.. known.Processes.Values.Concat(ProcessLedger.FindBelow(Folder)[Path.GetFileName(known.Folder)]).Distinct()];
            await ProcessLedger.EndAsync(all, known.Folder, s_endPatience, Time, cancellationToken).ConfigureAwait(false);
            if (Directory.Exists(known.Folder))
                Directory.Delete(known.Folder, recursive: true);
            _known.TryRemove(replicaId, out _);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunnerException($"the replica's folder cannot be removed: {e.Message}", e);
        }
        finally
        {
            known.Starting.Release();
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<LogLine>> LogsAsync(string replicaId, int tailLines, DateTimeOffset? since, CancellationToken cancellationToken) =>
        Task.FromResult(_known.TryGetValue(replicaId, out Known? known) ? ConsoleFile.Tail(Path.Combine(known.Folder, ConsoleName), tailLines, since) : []);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the runner itself holds; the replicas run on.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
            _placing.Dispose();
    }

    /// <summary>The file of the app's output in a replica's folder.</summary>
    protected virtual string ConsoleName => "enclave.log";

    /// <summary>The programs of a replica, in the order in which they are started.</summary>
    private protected abstract IReadOnlyList<NodeProgram> Programs(InstancePlan plan);

    /// <summary>What a plan holds besides ports.</summary>
    private protected virtual InstancePlan Complete(InstancePlan plan, IReadOnlyCollection<InstancePlan> others) => plan;

    /// <summary>Looks at what is not a process of this machine, before all replicas are told.</summary>
    private protected virtual Task RefreshAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>What is done before the programs are started, which may be done twice.</summary>
    private protected virtual Task PrepareAsync(string folder, InstancePlan plan, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>What is done before the programs are ended, which may be done twice.</summary>
    private protected virtual Task StoppingAsync(string folder, InstancePlan plan, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Why a replica whose programs all run does not; null when it does.</summary>
    private protected virtual string? Ended(InstancePlan plan) => null;

    private protected void RaiseChanged(string replicaId) => Changed?.Invoke(replicaId);

    // An app in debug mode writes as long as it lives.
    private static void BoundLogs(string folder)
    {
        try
        {
            foreach (string log in Directory.EnumerateFiles(folder, "*.log", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1, AttributesToSkip = FileAttributes.ReparsePoint }))
                ConsoleFile.Bound(log);
        }
        catch (DirectoryNotFoundException)
        {
            // It is being removed, with its replica.
        }
    }

    // A service that led before this one started replicas and ended some: the folders say which there are.
    private void FindAll()
    {
        HashSet<string> there = [.. Directory.EnumerateDirectories(Folder)];
        foreach ((string id, Known known) in _known)
        {
            if (!there.Remove(known.Folder))
                _known.TryRemove(id, out _);
        }

        if (there.Count == 0)
            return;
        ILookup<string, int> running = ProcessLedger.FindBelow(Folder);
        foreach (string path in there)
        {
            if (InstancePlan.Read(path) is { } plan)
                _known[plan.Launch.ReplicaId] = new Known(path, plan, [.. running[Path.GetFileName(path)]]);
        }
    }

    private async Task<Known> PlaceAsync(ReplicaLaunch launch, CancellationToken cancellationToken)
    {
        await _placing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_known.TryGetValue(launch.ReplicaId, out Known? known))
                return known;
            HashSet<int> taken = _known.Values.SelectMany(static other => other.Plan.Ports.Values.Append(other.Plan.HostPort)).ToHashSet();
            IReadOnlyList<int> ports = Ports.Take(launch.Ports.Count + 1, taken);
            var plan = new InstancePlan(launch, ports[0], launch.Ports.Select((port, i) => (port, at: ports[i + 1])).ToDictionary(static p => p.port, static p => p.at));
            plan = Complete(plan, [.. _known.Values.Select(static other => other.Plan)]);

            // The random part of the id alone, because programs are given paths of Unix sockets in it.
            string folder = Path.Combine(Folder, launch.ReplicaId[^12..]);
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            plan.Write(folder);
            known = new Known(folder, plan, []);
            _known[launch.ReplicaId] = known;
            return known;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunnerException($"the replica's folder cannot be made: {e.Message}", e);
        }
        finally
        {
            _placing.Release();
        }
    }

    private void Spawn(Known known, NodeProgram program)
    {
        // The shell becomes the program, so the process is the program's own; in a session of its own, so that it outlives the service's terminal.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "log=$1; shift; exec setsid \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", program.Name + ".log", .. program.Wrapper, program.Path, .. program.Arguments])
        {
            WorkingDirectory = known.Folder,
        };
        start.Environment.Remove("NOTIFY_SOCKET");
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        string id = known.Plan.Launch.ReplicaId;
        process.Exited += (_, _) =>
        {
            if (!known.IsStopping)
                RaiseChanged(id);
            process.Dispose();
        };
        process.Start();
        known.Processes[program.Name] = process.Id;
    }

    // Null for one that was begun by a service which was killed meanwhile: the reconciler starts it, which starts what is missing of it, or replaces it.
    private ReplicaInstance? Observe(string id, Known known)
    {
        IReadOnlyDictionary<ushort, IPEndPoint> ports = known.Plan.Ports.ToDictionary(static p => p.Key, static p => new IPEndPoint(IPAddress.Loopback, p.Value));
        var host = new Uri($"http://127.0.0.1:{known.Plan.HostPort}");
        IReadOnlyList<NodeProgram> programs = Programs(known.Plan);
        if (!known.IsStarted && !known.Adopt(programs))
            return known.Starting.CurrentCount == 0 ? new ReplicaInstance(id, InstanceState.Pending, null, ports) : null;
        if (programs.FirstOrDefault(program => !known.IsAlive(program)) is { } ended)
            return new ReplicaInstance(id, InstanceState.Ended, null, ports, $"its {ended.Name} ended");
        if (Ended(known.Plan) is { } why)
            return new ReplicaInstance(id, InstanceState.Ended, null, ports, why);
        return known.IsListening || (known.IsListening = Listening(known.Plan.HostPort))
            ? new ReplicaInstance(id, InstanceState.Running, host, ports)
            : new ReplicaInstance(id, InstanceState.Pending, host, ports);
    }

    // Says when the host listens, so that the reconciler need not wait for its next look.
    private async Task AnnounceAsync(Known known)
    {
        for (int i = 0; i < 2000 && !known.IsStopping && !Listening(known.Plan.HostPort); i++)
            await Task.Delay(TimeSpan.FromMilliseconds(10), Time).ConfigureAwait(false);
        RaiseChanged(known.Plan.Launch.ReplicaId);
    }

    private static bool Listening(int port) =>
        System.Net.NetworkInformation.IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Any(end => end.Port == port);

    private async Task FileAsync(string path, string program, CancellationToken cancellationToken)
    {
        long begin = Time.GetTimestamp();
        while (!Path.Exists(path))
        {
            if (Time.GetElapsedTime(begin) > s_filePatience)
                throw new RunnerException($"{program} waits for {Path.GetFileName(path)}, which did not come within {s_filePatience.TotalSeconds:0} s");
            await Task.Delay(TimeSpan.FromMilliseconds(5), Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private sealed class Known(string folder, InstancePlan plan, IReadOnlyCollection<int> found)
    {
        private bool _adopted = found.Count == 0;

        public string Folder => folder;

        public InstancePlan Plan => plan;

        /// <summary>By the program's name.</summary>
        public ConcurrentDictionary<string, int> Processes { get; } = new(StringComparer.Ordinal);

        public SemaphoreSlim Starting { get; } = new(1);

        public volatile bool IsStarted;

        public volatile bool IsStopping;

        public volatile bool IsListening;

        public bool IsAlive(NodeProgram program) => Processes.TryGetValue(program.Name, out int id) && ProcessLedger.IsIn(id, folder);

        /// <summary>Takes over what a service before this one started; whether that was all of it.</summary>
        public bool Adopt(IReadOnlyList<NodeProgram> programs)
        {
            if (_adopted)
                return IsStarted;
            _adopted = true;
            foreach (NodeProgram program in programs)
            {
                if (found.FirstOrDefault(id => ProcessLedger.IsIn(id, folder) && ProcessLedger.Runs(id, Path.GetFileName(program.Path))) is > 0 and var process)
                    Processes.TryAdd(program.Name, process);
            }

            return IsStarted = Processes.Count == programs.Count;
        }
    }
}
