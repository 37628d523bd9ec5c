using System.Diagnostics;
using System.Globalization;

namespace Qos.Fleet.Runners;

/// <summary>
/// The processes of one replica, found by the folder that they were started in: a service that was killed between starting one and writing that down
/// finds it all the same. A number alone never counts: it may be another process's by now.
/// </summary>
internal static class ProcessLedger
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

    private static async Task SignalAsync(string signal, int[] ids, CancellationToken cancellationToken)
    {
        using Process kill = Process.Start(new ProcessStartInfo("kill", ["-s", signal, "--", .. ids.Select(static id => id.ToString(CultureInfo.InvariantCulture))])
        {
            RedirectStandardError = true,
        }) ?? throw new RunnerException("kill cannot be started");
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

    private static bool IsZombie(int id)
    {
        try
        {
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
            return stat[stat.LastIndexOf(')')..].StartsWith(") Z", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }
}
