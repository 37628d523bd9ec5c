using System.Globalization;

namespace Qos.Cli;

/// <summary>How far something long has come, in one line of the error stream that is written over and taken away in the end.</summary>
/// <param name="error">The error stream, a terminal.</param>
/// <param name="title">What is being done.</param>
/// <param name="time">The clock.</param>
internal sealed class ProgressLine(TextWriter error, string title, TimeProvider time) : IProgress<(long Done, long Total)>, IDisposable
{
    private const double Mebibyte = 1024 * 1024;

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    private readonly Lock _writing = new();
    private readonly long _start = time.GetTimestamp();
    private long _last;
    private int _width;

    /// <inheritdoc/>
    public void Report((long Done, long Total) value)
    {
        lock (_writing)
        {
            if (value.Done < value.Total && _last != 0 && time.GetElapsedTime(_last) < s_interval)
                return;
            _last = time.GetTimestamp();
            double seconds = Math.Max(time.GetElapsedTime(_start).TotalSeconds, 0.001);
            Write(string.Create(
                CultureInfo.InvariantCulture,
                $"{title} {100 * value.Done / Math.Max(1, value.Total)} % of {value.Total / Mebibyte:0.0} MiB, {value.Done / Mebibyte / seconds:0.0} MiB/s"));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_writing)
        {
            if (_width > 0)
            {
                Write("");
                error.Write('\r');
                error.Flush();
            }
        }
    }

    private void Write(string text)
    {
        error.Write('\r' + text.PadRight(_width));
        error.Flush();
        _width = text.Length;
    }
}
