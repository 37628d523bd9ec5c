using Microsoft.Extensions.Logging;
using Qos.Node;
using Qos.Protocol;
using Qos.Transport;

namespace Qos.Runtime;

/// <summary>
/// An enclave process around a node: answers the host, and when the node is provisioned opens the bridges and runs the pivot.
/// </summary>
internal sealed class EnclaveRuntime : IDisposable
{
    private readonly EnclaveRuntimeOptions _options;
    private readonly Task<PivotLaunch> _provisioned;
    private readonly Action<PivotStatus> _report;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly EnclaveListener _listener;
    private readonly ControlServer _server;
    private readonly PivotSupervisor _supervisor;
    private volatile IReadOnlyList<BridgeStatus> _bridges = [];

    /// <summary>Listens for the host, so that it is answered as soon as <see cref="RunAsync"/> runs.</summary>
    /// <param name="options">How it runs.</param>
    /// <param name="node">Answers the messages.</param>
    /// <param name="provisioned">Completes with what is to be started.</param>
    /// <param name="report">Takes each new status of the pivot.</param>
    /// <param name="loggers">Takes one line for each event.</param>
    /// <exception cref="TransportException">The address is in use or cannot be listened on.</exception>
    public EnclaveRuntime(
        EnclaveRuntimeOptions options, IMessageService node, Task<PivotLaunch> provisioned, Action<PivotStatus> report, ILoggerFactory loggers)
    {
        _options = options;
        _provisioned = provisioned;
        _report = report;
        _loggers = loggers;
        _logger = loggers.CreateLogger<EnclaveRuntime>();
        _listener = EnclaveListener.Listen(options.Address);
        _server = new ControlServer(_listener, node, new ControlServerOptions(), loggers.CreateLogger<ControlServer>());
        _supervisor = new PivotSupervisor(
            options.Pivot with { Network = options.Network }, Report, loggers.CreateLogger<PivotSupervisor>());
    }

    /// <summary>
    /// Runs until it is cancelled, or until the pivot has ended and its restart policy is <c>Never</c>. Then the pivot, everything that
    /// it started, and the bridges are gone.
    /// </summary>
    /// <returns>The program's exit code: 0 after a cancellation, otherwise as <see cref="PivotOutcome.ExitCode"/> says.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task serving = _server.RunAsync(stop.Token);
        _logger.Listening(_options.Address);
        try
        {
            Task<int> pivot = RunPivotAsync(stop.Token);
            await Task.WhenAny(pivot, serving).ConfigureAwait(false);

            // The server comes to an end by cancellation only, or by a defect that must not go unseen.
            if (serving.IsFaulted)
                await serving.ConfigureAwait(false);
            return await pivot.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Stops listening.</summary>
    public void Dispose()
    {
        _supervisor.Dispose();
        _listener.Dispose();
    }

    private async Task<int> RunPivotAsync(CancellationToken cancellationToken)
    {
        PivotLaunch launch = await _provisioned.WaitAsync(cancellationToken).ConfigureAwait(false);
        await using EnclaveBridges bridges = EnclaveBridges.Open(
            _options.Address, launch, _options.Network, _loggers.CreateLogger<EnclaveBridges>());
        _bridges = bridges.Statuses;
        await using LocalService service = LocalService.Open(_options.Service, launch, _loggers.CreateLogger<LocalService>());
        string? obstacle = bridges.Statuses.FirstOrDefault(static bridge => bridge.Problem is not null) is { } closed
            ? $"the bridge {(closed.IsServer ? "server" : "client")} {closed.Port} cannot be opened: {closed.Problem}"
            : SetNames(launch);
        if (obstacle is not null)
            Report(new PivotStatus(PivotState.Failed, 0, null) { Reason = PivotSupervisor.ReasonFrom(obstacle) });

        Task<PivotOutcome>? started = obstacle is null ? _supervisor.Start(launch) : null;
        try
        {
            PivotOutcome? outcome = started is null ? null : await started.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (outcome?.End == PivotEnd.Exited)
            {
                // Whoever asks how the pivot ended may still be answered for a while.
                await Task.Delay(_options.Linger, _options.Pivot.Time, cancellationToken).ConfigureAwait(false);
                return outcome.ExitCode;
            }

            // A pivot that cannot run leaves a node that can still say so.
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
            return 0;
        }
        finally
        {
            await _supervisor.StopAsync(started).ConfigureAwait(false);
        }
    }

    private void Report(PivotStatus status) => _report(status with { Bridges = _bridges });

    // Why it cannot be done, or null.
    private string? SetNames(PivotLaunch launch)
    {
        if (launch.Resolvers is not null && _options.ResolverFile is null)
            _logger.ResolversNotSet();
        try
        {
            if (_options.HostsFile is { } hosts)
                HostsFile.Write(hosts, launch.Bridges);
            if (launch.Resolvers is { } resolvers && _options.ResolverFile is { } file)
                ResolverFile.Write(file, resolvers);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _logger.NamesNotWritten(e.Message);
            return $"the manifest's names cannot be written: {e.Message}";
        }
    }
}
