namespace Qos.Transport;

/// <summary>
/// The time that one direction of a connection may spend waiting for its peer. A wait that outlasts the budget cancels
/// <see cref="Token"/>, after which the connection is of no more use.
/// </summary>
public sealed class WaitBudget : IDisposable
{
    private readonly FrameLimits _limits;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _expiry = new();
    private readonly Action<object?> _cancel;
    private readonly Lock _gate = new();
    private ITimer? _timer;
    private TimeSpan _left;
    private TimeSpan _allowedThisWait;
    private long _waitStarted;
    private bool _waiting;
    private volatile TransportException? _error;
    private CancellationTokenRegistration _external;
    private bool _idle;

    /// <summary>Makes a budget, which waits for nothing yet.</summary>
    public WaitBudget(FrameLimits limits, TimeProvider time)
    {
        _limits = limits;
        _time = time;
        _cancel = static state => ((CancellationTokenSource)state!).Cancel();
    }

    /// <summary>Cancelled when the budget is used up, or by the caller's own token.</summary>
    public CancellationToken Token => _expiry.Token;

    /// <summary>Between messages: only the idle limit counts.</summary>
    public void BeginIdle()
    {
        _idle = true;
        _left = _limits.IdleTimeout;
    }

    /// <summary>A message began: from now on its bytes must keep coming.</summary>
    public void BeginMessage()
    {
        _idle = false;
        _left = _limits.GracePeriod;
    }

    /// <summary>Bytes came or went: they earn time.</summary>
    public void Earn(long bytes)
    {
        if (!_idle)
            _left += TimeSpan.FromSeconds((double)bytes / _limits.MinDataRate);
    }

    /// <summary>Waits for a read or a write that did not finish at once and was begun with <see cref="Token"/>.</summary>
    /// <exception cref="TransportException">The budget was used up: <see cref="TransportError.Idle"/> or <see cref="TransportError.TooSlow"/>.</exception>
    public async ValueTask<T> AwaitAsync<T>(ValueTask<T> pending, CancellationToken cancellationToken)
    {
        BeginWait(cancellationToken);
        try
        {
            return await pending.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_error is { } error)
        {
            throw error;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        finally
        {
            EndWait();
        }
    }

    /// <summary>Ends the timer; nothing waits any more.</summary>
    public void Dispose()
    {
        _timer?.Dispose();
        _external.Dispose();
        _expiry.Dispose();
    }

    private void BeginWait(CancellationToken cancellationToken)
    {
        _external = cancellationToken.UnsafeRegister(_cancel, _expiry);
        lock (_gate)
        {
            _allowedThisWait = _left;
            _waitStarted = _time.GetTimestamp();
            _waiting = true;
            if (_left != Timeout.InfiniteTimeSpan)
                Arm(_left);
        }
    }

    private void EndWait()
    {
        lock (_gate)
        {
            _waiting = false;
            if (_left != Timeout.InfiniteTimeSpan)
            {
                _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _left -= _time.GetElapsedTime(_waitStarted);
            }
        }

        _external.Dispose();
        _external = default;
    }

    private void Expire()
    {
        lock (_gate)
        {
            // A timer of an earlier wait may fire when nothing waits, or when the wait has no limit.
            if (!_waiting || _allowedThisWait == Timeout.InfiniteTimeSpan)
                return;
            TimeSpan left = _allowedThisWait - _time.GetElapsedTime(_waitStarted);
            if (left > TimeSpan.Zero)
            {
                // The timer of an earlier wait fired late, or this one's early: its clock is coarser than the one that is compared with.
                Arm(left);
                return;
            }

            _error = _idle
                ? new TransportException(TransportError.Idle, $"The connection was silent for {_limits.IdleTimeout.TotalSeconds:0} s and was closed.")
                : new TransportException(TransportError.TooSlow, $"The peer moved a message slower than {_limits.MinDataRate} bytes a second and was cut off.");
        }

        try
        {
            _expiry.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The wait ended by itself meanwhile, and the connection with it.
        }
    }

    // Timers count whole milliseconds and drop the rest: rounded up, they are not early by that.
    private void Arm(TimeSpan left)
    {
        TimeSpan due = left > TimeSpan.Zero ? TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)) : TimeSpan.Zero;
        if (_timer is null)
            _timer = _time.CreateTimer(static state => ((WaitBudget)state!).Expire(), this, due, Timeout.InfiniteTimeSpan);
        else
            _timer.Change(due, Timeout.InfiniteTimeSpan);
    }
}
