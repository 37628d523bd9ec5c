using System.Diagnostics;
using System.Globalization;

namespace Qos.Local;

/// <summary>
/// The processes of one node, found by the folder that they were started in: a service that was killed between starting one and writing that down
/// finds it all the same. A number alone never counts: it may be another process's by now.
/// </summary>
public static class ProcessLedger
{
    /// <summary>Processes whose working folder is below a folder, by the name of the folder right below it.</summary>
    public static ILookup<string, int> FindBelow(string root)
    {
        var found = new List<(string Folder, int Id)>();
        string prefix = root.TrimEnd('/') + "/";
        foreach (string entry in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(entry), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                continue;
            if (WorkingFolder(id) is { } folder && folder.StartsWith(prefix, StringComparison.Ordinal) && !IsZombie(id))
                found.Add((folder[prefix.Length..].Split('/')[0], id));
        }

        return found.ToLookup(static process => process.Folder, static process => process.Id, StringComparer.Ordinal);
    }

    /// <summary>Whether a process runs, and in this folder.</summary>
    public static bool IsIn(int id, string folder) => WorkingFolder(id) == folder && !IsZombie(id);

    /// <summary>Whether a process is of a program, or of an interpreter that runs it.</summary>
    public static bool Runs(int id, string program)
    {
        try
        {
            string[] words = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/cmdline")).Split('\0');
            return words.Take(2).Any(word => Path.GetFileName(word) == program);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Asks processes to end, waits a little, and ends those that are left.</summary>
    /// <exception cref="IOException">They cannot be signalled.</exception>
    public static async Task EndAsync(IReadOnlyCollection<int> ids, string folder, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        int[] left = [.. ids.Where(id => IsIn(id, folder))];
        if (left.Length == 0)
            return;
        await SignalAsync("TERM", left, cancellationToken).ConfigureAwait(false);
        long begin = time.GetTimestamp();
        while (left.Any(id => IsIn(id, folder)) && time.GetElapsedTime(begin) < patience)
            await Task.Delay(TimeSpan.FromMilliseconds(10), time, cancellationToken).ConfigureAwait(false);
        left = [.. left.Where(id => IsIn(id, folder))];
        if (left.Length > 0)
            await SignalAsync("KILL", left, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The processes that a process started and that still run.</summary>
    public static IReadOnlyList<int> ChildrenOf(int parent)
    {
        var children = new List<int>();
        foreach (string entry in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(entry), NumberStyles.None, CultureInfo.InvariantCulture, out int id) && Stat(id) is [not "Z", var mother, ..]
                && mother == parent.ToString(CultureInfo.InvariantCulture))
                children.Add(id);
        }

        return children;
    }

    /// <summary>Sends a signal to processes; one that has ended by now is no failure.</summary>
    /// <param name="signal">Its name without SIG.</param>
    /// <param name="ids">The processes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">They cannot be signalled.</exception>
    public static async Task SignalAsync(string signal, IReadOnlyCollection<int> ids, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (ids.Count == 0)
            return;
        using Process kill = Process.Start(new ProcessStartInfo("kill", ["-s", signal, "--", .. ids.Select(static id => id.ToString(CultureInfo.InvariantCulture))])
        {
            RedirectStandardError = true,
        }) ?? throw new IOException("kill cannot be started");
        await kill.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
    }

    private static string? WorkingFolder(int id)
    {
        try
        {
            return new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/cwd")).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsZombie(int id) => Stat(id) is not [not "Z", ..];

    // State, parent and so on: what follows the name, which may hold anything. Null when there is no such process.
    private static string[]? Stat(int id)
    {
        try
        {
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
