using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Qos.Fleet.Kubernetes;

/// <summary>
/// A copy of one list of objects that follows the API server: listed in pages, then watched from that version on; listed anew when the server says that
/// the version is gone (410) or the watch breaks. Only what <c>select</c> makes of an object is kept.
/// </summary>
internal sealed partial class Informer<TObject, TList, TView>(
    string what,
    Func<string?, CancellationToken, Task<TList>> list,
    Func<string, CancellationToken, IAsyncEnumerable<(WatchChange Change, TObject Item)>> watch,
    Func<TObject, TView> select,
    TimeProvider time,
    ILogger logger) : IAsyncDisposable
    where TObject : IKubernetesObject<V1ObjectMeta>
    where TList : IKubernetesObject<V1ListMeta>, IItems<TObject>
    where TView : class, IEquatable<TView>
{
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(15);

    // A watch that ends sooner is one of a server that ends each at once.
    private static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, TView> _known = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _listed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _starting = new();
    private readonly Lock _changing = new();
    private Task? _running;
    private volatile string? _trouble;

    // The newest version that the server told of by itself; 0 when its versions are no numbers.
    private ulong _told;

    /// <summary>Told of every object that came, changed (the old view is given) or went (the new one is null).</summary>
    public event Action<string, TView?, TView?>? Changed;

    /// <summary>The views, by the objects' names.</summary>
    public IReadOnlyDictionary<string, TView> Known => _known;

    /// <summary>How often the whole list was asked for.</summary>
    public int Lists { get; private set; }

    /// <summary>What keeps it from following; null while it does.</summary>
    public string? Trouble => _trouble;

    /// <summary>Begins to follow, if it did not, and waits until the list was had once.</summary>
    public Task ReadyAsync(CancellationToken cancellationToken)
    {
        lock (_starting)
            _running ??= Task.Run(FollowAsync, CancellationToken.None);
        return _listed.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Takes what an own write answered with, so that the next look sees it though the watch is late. When the answer is late, it is left: the object may have changed, or gone.</summary>
    public void Learn(TObject written)
    {
        if (written.Metadata.DeletionTimestamp is null)
            Put(written, isLearnt: true);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        if (_running is not null)
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task FollowAsync()
    {
        TimeSpan pause = TimeSpan.Zero;
        string? version = null;
        while (!_end.IsCancellationRequested)
        {
            long began = time.GetTimestamp();
            try
            {
                version ??= await ListAsync().ConfigureAwait(false);
                _trouble = null;
                _listed.TrySetResult();
                began = time.GetTimestamp();
                version = await WatchAsync(version).ConfigureAwait(false);
                pause = await PauseAsync(pause, began).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_end.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (IsGone(e))
            {
                LogGone(logger, what);
                version = null;
                pause = await PauseAsync(pause, began).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // Whatever it is, an answer of the server, a broken connection or a line that is no object: what is known stays, and it is asked again.
                _trouble = $"{what} cannot be followed: {Text(e)}";
                LogTrouble(logger, what, Text(e));
                version = null;
                pause = await PauseAsync(pause, null).ConfigureAwait(false);
            }
        }
    }

    // Waits longer than the time before, and returns how long; not at all after a watch that lasted.
    private async Task<TimeSpan> PauseAsync(TimeSpan before, long? began)
    {
        if (began is { } since && time.GetElapsedTime(since) >= s_shortest)
            return TimeSpan.Zero;
        TimeSpan pause = before == TimeSpan.Zero ? TimeSpan.FromMilliseconds(250) : before * 2 < s_longestPause ? before * 2 : s_longestPause;
        TimeSpan jitter = pause * (0.8 + (Random.Shared.NextDouble() * 0.4));
        await Task.Delay(jitter, time, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return pause;
    }

    private async Task<string> ListAsync()
    {
        Lists++;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        string? more = null, version;
        do
        {
            TList answer = await list(more, _end.Token).ConfigureAwait(false);
            foreach (TObject item in answer.Items ?? [])
            {
                seen.Add(item.Metadata.Name);
                Put(item);
            }

            more = answer.Metadata.ContinueProperty;
            version = answer.Metadata.ResourceVersion;
        }
        while (!string.IsNullOrEmpty(more));

        // Before they go: a late answer to an own write would bring one back that no watch tells of any more.
        Told(version);
        foreach (string gone in _known.Keys.Where(name => !seen.Contains(name)))
            Drop(gone);
        return version ?? throw new InvalidOperationException("the list has no version");
    }

    private async Task<string> WatchAsync(string version)
    {
        await foreach ((WatchChange change, TObject item) in watch(version, _end.Token).ConfigureAwait(false))
        {
            version = item.Metadata.ResourceVersion ?? version;
            Told(version);
            if (change == WatchChange.There)
                Put(item);
            else if (change == WatchChange.Gone)
                Drop(item.Metadata.Name);
        }

        return version;
    }

    private void Told(string? version)
    {
        lock (_changing)
            _told = Number(version);
    }

    private static ulong Number(string? version) => ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : 0;

    private void Put(TObject item, bool isLearnt = false)
    {
        TView view = select(item);
        TView? old;
        lock (_changing)
        {
            if (isLearnt && _told != 0 && Number(item.Metadata.ResourceVersion) <= _told)
                return;
            if (_known.TryGetValue(item.Metadata.Name, out old) && view.Equals(old))
                return;
            _known[item.Metadata.Name] = view;
        }

        Changed?.Invoke(item.Metadata.Name, old, view);
    }

    private void Drop(string name)
    {
        if (_known.TryRemove(name, out TView? old))
            Changed?.Invoke(name, old, null);
    }

    private static bool IsGone(Exception e) => e switch
    {
        KubernetesException { Status.Code: (int)HttpStatusCode.Gone } => true,
        HttpOperationException { Response.StatusCode: HttpStatusCode.Gone } => true,
        _ => false,
    };

    private static string Text(Exception e) => KubernetesErrors.Text(e);

    [LoggerMessage(Level = LogLevel.Information, Message = "The watched version of {What} is gone (410): they are listed anew")]
    private static partial void LogGone(ILogger logger, string what);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{What} cannot be followed: {Why}")]
    private static partial void LogTrouble(ILogger logger, string what, string why);
}
