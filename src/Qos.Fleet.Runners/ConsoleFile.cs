using System.Globalization;
using System.Text;

namespace Qos.Fleet.Runners;

/// <summary>A console's file: no more than a bounded part of it is read, and kept.</summary>
internal static class ConsoleFile
{
    private const int MaxBytes = 1024 * 1024;
    private const int MaxLength = 4 * MaxBytes;

    private const string Before = ".before";

    /// <summary>The last lines, of the file and of what was cut off it last.</summary>
    public static IReadOnlyList<LogLine> Tail(string path, int lines, DateTimeOffset? since)
    {
        string text = Read(path);
        if (text.Length < MaxBytes)
            text = Read(path + Before) + text;
        return
        [
            .. text.TrimEnd('\n').Split('\n').Where(static line => line.Length > 0).Select(Parse)
                .Where(line => since is null || line.At is null || line.At >= since).TakeLast(lines),
        ];
    }

    /// <summary>
    /// Keeps a file that a program appends to below a few MiB: its last part is put beside it, and it is emptied. A line that is written in between is lost.
    /// </summary>
    public static void Bound(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists || file.Length <= MaxLength)
                return;
            File.WriteAllText(path + Before, Read(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // On a full disk it is emptied all the same.
        }

        try
        {
            using var emptied = new FileStream(path, FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is gone, with its replica.
        }
    }

    // Whole lines: a first one that is cut is left out.
    private static string Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            long start = Math.Max(0, file.Length - MaxBytes);
            file.Position = start;
            byte[] bytes = new byte[file.Length - start];
            int read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            string text = Encoding.UTF8.GetString(bytes, 0, read);
            return start > 0 ? text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..] : text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    // The enclave's own lines begin with a time in ISO 8601; an app's begin as the app likes.
    private static LogLine Parse(string line)
    {
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        return space > 18 && DateTimeOffset.TryParse(line.AsSpan(0, space), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at)
            ? new LogLine(line[(space + 1)..], at)
            : new LogLine(line, null);
    }
}
