using System.Globalization;
using System.Text.RegularExpressions;

namespace Qos.Bench.Bridge;

/// <summary>wrk, which keeps connections of HTTP open and asks as fast as it is answered.</summary>
internal static partial class Wrk
{
    /// <summary>Runs one measurement, of whole seconds.</summary>
    public static async Task<LoadResult> RunAsync(int port, int connections, double seconds, string host = "127.0.0.1")
    {
        string text = await ChildProcess.RunAsync(
            "wrk", "-t", "1", "-c", $"{connections}", "-d", $"{Math.Max(1, (int)Math.Round(seconds))}s", "--latency", "-H", $"Host: {host}", $"http://127.0.0.1:{port}/");
        Match rate = Rate().Match(text), middle = Percentile("50").Match(text), tail = Percentile("99").Match(text);
        if (!rate.Success || !middle.Success || !tail.Success)
            throw new InvalidOperationException($"wrk says something else than expected:\n{text}");
        Match errors = Errors().Match(text);
        return new LoadResult(
            0,
            double.Parse(rate.Groups[1].Value, CultureInfo.InvariantCulture),
            Microseconds(middle),
            Microseconds(tail),
            errors.Success ? errors.Groups.Values.Skip(1).Sum(group => long.Parse(group.Value, CultureInfo.InvariantCulture)) : 0);
    }

    private static Regex Percentile(string percent) => new($@"^\s*{percent}%\s+([\d.]+)(us|ms|s)\s*$", RegexOptions.Multiline);

    private static double Microseconds(Match time) => double.Parse(time.Groups[1].Value, CultureInfo.InvariantCulture)
        * time.Groups[2].Value switch { "us" => 1, "ms" => 1e3, _ => 1e6 };

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex Rate();

    [GeneratedRegex(@"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")]
    private static partial Regex Errors();
}
