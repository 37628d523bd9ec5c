using System.Globalization;
using System.Text;

namespace Qos.Fleet.Runners;

/// <summary>The end of a console's file, of which no more than a bounded part is read.</summary>
internal static class ConsoleFile
{
    private const int MaxBytes = 1024 * 1024;

    /// <summary>The last lines.</summary>
    public static IReadOnlyList<LogLine> Tail(string path, int lines, DateTimeOffset? since)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            long start = Math.Max(0, file.Length - MaxBytes);
            file.Position = start;
            byte[] bytes = new byte[file.Length - start];
            int read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            string[] all = Encoding.UTF8.GetString(bytes, 0, read).TrimEnd('\n').Split('\n');
            return
            [
                .. all.Skip(start > 0 ? 1 : 0).Where(static line => line.Length > 0).Select(Parse)
                    .Where(line => since is null || line.At is null || line.At >= since).TakeLast(lines),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
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
