using Microsoft.Extensions.Logging;
using Qos.Node;
using Qos.Protocol;
using Qos.Transport;

namespace Qos.Runtime;

/// <summary>
/// An enclave process around a node: answers the host, and when the node is provisioned opens the bridges and runs the pivot.
/// </summary>
public sealed class EnclaveRuntime : IDisposable
{
    private readonly EnclaveRuntimeOptions _options;
    private readonly Task<PivotLaunch> _provisioned;
    private readonly Action<PivotStatus> _report;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly EnclaveListener _listener;
    private readonly ControlServer _server;
    private readonly PivotSupervisor _supervisor;

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
        _server = new ControlServer(_listener, node, options.Control, loggers.CreateLogger<ControlServer>());
        _supervisor = new PivotSupervisor(
            options.Pivot with { Network = options.Network }, report, loggers.CreateLogger<PivotSupervisor>());
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
        bool ready = SetResolvers(launch);
        EnclaveBridges? bridges = ready ? OpenBridges(launch, out ready) : null;
        Task<PivotOutcome>? started = ready ? _supervisor.Start(launch) : null;
        try
        {
            PivotOutcome? outcome = started is null ? null : await started.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (outcome?.End == PivotEnd.Exited)
                return outcome.ExitCode;

            // A pivot that cannot run leaves a node that can still say so.
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
            return 0;
        }
        finally
        {
            await _supervisor.StopAsync(started).ConfigureAwait(false);
            if (bridges is not null)
                await bridges.DisposeAsync().ConfigureAwait(false);
        }
    }

    private bool SetResolvers(PivotLaunch launch)
    {
        if (launch.Resolvers is not { } resolvers)
            return true;
        if (_options.ResolverFile is not { } file)
        {
            _logger.ResolversNotSet();
            return true;
        }

        try
        {
            ResolverFile.Write(file, resolvers);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _logger.ResolversNotWritten(e.Message);
            _report(new PivotStatus(PivotState.Failed, 0, null));
            return false;
        }
    }

    private EnclaveBridges? OpenBridges(PivotLaunch launch, out bool opened)
    {
        try
        {
            EnclaveBridges? bridges = EnclaveBridges.Open(
                _options.Address, launch, _options.Network, _loggers.CreateLogger<EnclaveBridges>());
            opened = true;
            return bridges;
        }
        catch (Exception e) when (e is TransportException or IOException or InvalidOperationException)
        {
            _logger.BridgesNotOpened(e.Message);
            _report(new PivotStatus(PivotState.Failed, 0, null));
            opened = false;
            return null;
        }
    }
}
