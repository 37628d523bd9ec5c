using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Qos.Node;
using Qos.Protocol;
using Tmds.Linux;

namespace Qos.Runtime;

/// <summary>Starts the pivot of a provisioned node, watches it, starts it again as its manifest says, and ends it.</summary>
/// <remarks>
/// One thread of its own starts the pivot and waits for it: the kernel ends a pivot together with the thread that started it, so that
/// no app outlives its supervisor. Format: docs/protocol/messages.md, The pivot.
/// </remarks>
internal sealed class PivotSupervisor : IDisposable
{
    private readonly PivotSupervisorOptions _options;
    private readonly Action<PivotStatus> _report;
    private readonly ILogger _logger;
    private readonly ChildProcesses _children;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource<PivotOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private BoundedConsole? _console;
    private PivotOutput? _output;
    private uint _restarts;
    private PivotExit? _lastExit;
    private string? _reason;
    private bool _isConfined;

    /// <summary>Makes a supervisor that has nothing to start yet.</summary>
    /// <param name="options">Delays, limits, network.</param>
    /// <param name="report">Takes each new status; called on the supervisor's thread.</param>
    /// <param name="logger">Takes one line for each event.</param>
    public PivotSupervisor(PivotSupervisorOptions options, Action<PivotStatus> report, ILogger<PivotSupervisor> logger)
    {
        _options = options;
        _report = report;
        _logger = logger;
        _isConfined = options.Confinement != PivotConfinement.None;
        _children = new ChildProcesses(options.ReapsOrphans);
        if (options.ReapsOrphans)
            ChildProcesses.AdoptOrphans();
    }

    /// <summary>Starts the pivot; the task completes when its supervision ends. Called once.</summary>
    public Task<PivotOutcome> Start(PivotLaunch launch)
    {
        new Thread(() => Supervise(launch)) { IsBackground = true, Name = "pivot supervisor" }.Start();
        return _outcome.Task;
    }

    /// <summary>Ends the pivot: SIGTERM to its group, SIGKILL after the grace period. Completes when nothing of it runs any more.</summary>
    /// <param name="started">What <see cref="Start"/> returned, or null if it was never called.</param>
    public async Task StopAsync(Task<PivotOutcome>? started)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (started is null)
            return;
        _children.Signal(LibC.SIGTERM);
        using ITimer kill = _options.Time.CreateTimer(
            _ => _children.Signal(LibC.SIGKILL), null, _options.StopGrace, Timeout.InfiniteTimeSpan);
        await started.ConfigureAwait(false);
    }

    /// <summary>Frees what the supervisor holds; a pivot is ended by <see cref="StopAsync"/>.</summary>
    public void Dispose()
    {
        _console?.Dispose();
        _stopping.Dispose();
    }

    private void Supervise(PivotLaunch launch)
    {
        try
        {
            _options.Network?.Enter();
            if (launch.DebugMode)
            {
                _console = new BoundedConsole(_options.Console, _options.OutputLimits, _options.Time);
                _output = new PivotOutput(_console, _options.OutputLimits);
            }

            PivotEnd end = StartAgainAndAgain(launch);
            _report(Status(end == PivotEnd.Failed ? PivotState.Failed : PivotState.Exited));
            _outcome.SetResult(new PivotOutcome(end, _lastExit));
        }
        catch (Exception e)
        {
            _outcome.SetException(e);
        }
    }

    private PivotEnd StartAgainAndAgain(PivotLaunch launch)
    {
        var backoff = new RestartBackoff(_options.FirstDelay, _options.LongestDelay, _options.StableAfter);
        for (; ; _restarts++)
        {
            long start = _options.Time.GetTimestamp();
            try
            {
                RunOnce(launch);
            }
            catch (PivotProgramException e)
            {
                _logger.PivotNotStarted(e.Message);
                _reason = ReasonFrom(e.Message);
                if (e.IsPermanent)
                    return PivotEnd.Failed;
            }

            if (_stopping.IsCancellationRequested)
                return PivotEnd.Stopped;
            if (!launch.RestartAlways && _lastExit is not null)
                return PivotEnd.Exited;

            TimeSpan delay = backoff.After(_options.Time.GetElapsedTime(start));
            _report(Status(PivotState.Restarting));
            _logger.PivotRestarts((long)delay.TotalMilliseconds);
            if (!Wait(delay))
                return PivotEnd.Stopped;
        }
    }

    private void RunOnce(PivotLaunch launch)
    {
        // Opened and hashed anew for every start: the file may have changed since the last one.
        using (PivotProgram program = PivotProgram.Open(launch.Path, launch.Sha256.Span))
        using (SafeFileHandle? output = _output?.Attach())
        {
            int pid = StartProcess(program, launch, output is null ? -1 : (int)output.DangerousGetHandle());
            _children.Watch(pid);
            _logger.PivotStarted(pid, Convert.ToHexStringLower(launch.Sha256.Span));
        }

        _reason = null;
        _report(Status(PivotState.Running));
        PivotExit exit = _children.WaitForPivot();
        _lastExit = exit;
        _logger.PivotEnded(exit);
    }

    private int StartProcess(PivotProgram program, PivotLaunch launch, int output)
    {
        try
        {
            return PivotProcess.Start(program, launch, _options, _isConfined, output);
        }
        catch (PivotProgramException e) when (e.IsConfinementRefused && _options.Confinement == PivotConfinement.WherePermitted)
        {
            _isConfined = false;
            _logger.PivotNotConfined(e.Message);
            return PivotProcess.Start(program, launch, _options, isConfined: false, output);
        }
    }

    private PivotStatus Status(PivotState state) => new(state, _restarts, _lastExit)
    {
        Reason = state is PivotState.Failed or PivotState.Restarting ? _reason : null,
    };

    /// <summary>A message as a status carries it: one line of bounded length.</summary>
    internal static string ReasonFrom(string message)
    {
        string line = VisibleText.Line(message);
        while (Encoding.UTF8.GetByteCount(line) > PivotStatus.MaxReasonBytes)
            line = line[..(line.Length - Math.Max(1, line.Length / 8))];
        // Half a character is no text, and the status that holds it could not be written.
        return line.Length > 0 && char.IsHighSurrogate(line[^1]) ? line[..^1] : line;
    }

    // False when the supervisor was asked to stop instead.
    private bool Wait(TimeSpan delay)
    {
        try
        {
            Task.Delay(delay, _options.Time, _stopping.Token).GetAwaiter().GetResult();
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
