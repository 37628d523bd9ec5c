using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Qos.Enclave;
using Qos.Keys;
using Qos.Node;
using Qos.Nsm;
using Qos.Runtime;
using Qos.Transport;

const int CannotRun = 1;
const int WrongUsage = 2;
const int StandardOutput = 1;
const int StandardError = 2;

ProcessHardening.FillStandardDescriptors();
var output = new LineWriter(StandardOutput);
var errors = new LineWriter(StandardError);
if (args is ["--help"] or ["-h"])
    return EnclaveOptions.Help.Split('\n').All(output.TryWrite) ? 0 : CannotRun;
if (args is ["--version"])
    return output.TryWrite($"{NodeHost.ProgramVersion().Version}+{NodeHost.ProgramVersion().Commit}") ? 0 : CannotRun;

try
{
    ProcessHardening.Apply();
    NodeHost.StayOnSocketThreads();
    EnclaveOptions options = EnclaveOptions.Parse(args);
    if (Processor.Unsupported is { } missing)
        throw new InvalidOperationException(missing);
    using var stop = new CancellationTokenSource();
    using PosixSignalRegistration terminated = StopOn(PosixSignal.SIGTERM, stop);
    using PosixSignalRegistration interrupted = StopOn(PosixSignal.SIGINT, stop);
    using PosixSignalRegistration quit = StopOn(PosixSignal.SIGQUIT, stop);
    using var log = new ConsoleLog(errors.TryWrite, TimeProvider.System);
    return Run(options, output, log, stop.Token);
}
catch (UsageException e)
{
    Complain($"{e.Message}; see qos-enclave --help");
    return WrongUsage;
}
catch (OperationCanceledException)
{
    return 0;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or NsmException or TransportException or InvalidOperationException)
{
    Complain(e.Message);
    return CannotRun;
}

// A full disk behind standard error is no reason for another end than the one that was to be said.
void Complain(string message) => errors.TryWrite($"qos-enclave: {message}");

static PosixSignalRegistration StopOn(PosixSignal signal, CancellationTokenSource stop) => PosixSignalRegistration.Create(signal, context =>
{
    context.Cancel = true;
    stop.Cancel();
});

static int Run(EnclaveOptions options, LineWriter output, ConsoleLog log, CancellationToken stop)
{
    using FolderLock folder = FolderLock.Take(options.Directory);
    IReadOnlyList<string> leftovers = NodeFiles.RemoveStale(options.Directory);
    if (leftovers.Count > 0)
        log.LeftoversRemoved(options.Directory, string.Join(", ", leftovers));

    using NetworkIsolation? network = NetworkOf(options, log);
    INsm nsm = options.SimulatorSocket is { } socket
        ? SimulatorNsm.Connect(socket, SimulatorNsm.Patience, log.WaitingForSimulator, stop)
        : new NsmDevice();
    using var nsmLife = (IDisposable)nsm;
    var host = new NodeHostOptions
    {
        Directory = options.Directory,
        TrustAnchor = nsm is SimulatorNsm simulator ? simulator.Root : static () => AwsRoot.Der.ToArray(),
        RemovesKeys = true,
        Runtime = new EnclaveRuntimeOptions
        {
            Address = options.Address,
            Network = network,
            Linger = options.Linger,
            HostsFile = options.HostsFile,
            Pivot = new PivotSupervisorOptions
            {
                ReapsOrphans = true,
                WorkingDirectory = options.WorkingDirectory,
                Confinement = PivotConfinement.WherePermitted,
                Hidden = options.Address.Kind == EnclaveAddressKind.Unix ? [Path.GetFullPath(options.Address.Path)] : [],
                Console = line => output.TryWrite($"pivot: {line}"),
            },
        },
    };
    return NodeHost.Run(nsm, host, log, listening: null, stop);
}

static NetworkIsolation? NetworkOf(EnclaveOptions options, ConsoleLog log)
{
    // Behind a vsock the enclave's own network is as isolated as it gets.
    if (options.Network == NetworkChoice.Shared || (options.Network == NetworkChoice.Automatic && options.Address.Kind == EnclaveAddressKind.Vsock))
        return null;
    if (NetworkIsolation.TryCreate(out string? whyNot) is { } network)
    {
        log.NetworkIsolated();
        return network;
    }

    if (options.Network == NetworkChoice.Isolated)
        throw new IOException($"the app's network cannot be isolated ({whyNot}): run as root, or with --network shared");
    log.NetworkShared(whyNot!);
    return null;
}

/// <summary>What the program tells its operator.</summary>
internal static partial class ProgramLog
{
    [LoggerMessage(201, LogLevel.Warning, "removed what an earlier run left in {Directory}: {Names}")]
    internal static partial void LeftoversRemoved(this ILogger logger, string directory, string names);

    [LoggerMessage(202, LogLevel.Information, "the app's network is isolated: nothing but loopback, as in an enclave")]
    internal static partial void NetworkIsolated(this ILogger logger);

    [LoggerMessage(203, LogLevel.Warning, "the app shares this machine's network, because it cannot be isolated ({Reason})")]
    internal static partial void NetworkShared(this ILogger logger, string reason);

    [LoggerMessage(204, LogLevel.Information, "waiting for the NSM simulator at {Path}, {Seconds} seconds at most")]
    internal static partial void WaitingForSimulator(this ILogger logger, string path, double seconds);
}
