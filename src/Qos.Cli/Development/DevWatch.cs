namespace Qos.Cli;

/// <summary>
/// Sees when the app's program has become another one. By looking, not by the kernel's notices: a file that is replaced by rename, written in place,
/// removed for a while or on a shared folder of a virtual machine is all the same to it.
/// </summary>
/// <param name="path">The program.</param>
/// <param name="log">Says when it is gone.</param>
/// <param name="time">The clock.</param>
internal sealed class DevWatch(string path, DevLog log, TimeProvider time)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(50);

    private (long Length, DateTime Written)? _known = Look(path);

    /// <summary>Waits until the file is another one than it was at the last call, and stays the same for one more look.</summary>
    public async Task ChangedAsync(CancellationToken cancellationToken)
    {
        (long, DateTime)? before = _known;
        bool wasThere = true;
        while (true)
        {
            await Task.Delay(s_interval, time, cancellationToken).ConfigureAwait(false);
            (long, DateTime)? now = Look(path);
            if (now is null && wasThere)
                log.Say($"{path} is gone; waiting for it", Tone.Warning);
            wasThere = now is not null;
            if (now is not null && now != _known && now == before)
            {
                _known = now;
                return;
            }

            before = now;
        }
    }

    private static (long, DateTime)? Look(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? (file.Length, file.LastWriteTimeUtc) : null;
    }
}
