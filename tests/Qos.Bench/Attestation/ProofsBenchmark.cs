using System.Diagnostics;
using System.Globalization;
using Qos.EndToEnd.Local;
using Qos.Vectors;

namespace Qos.Bench.Attestation;

/// <summary>
/// Thousands of proofs in one run of <c>qos verify deployment</c>: its rate against a fifth of OpenSSL's in the same round, in processor time, the
/// start of the program included; and its peak of memory against that of a run of 64.
/// </summary>
internal sealed class ProofsBenchmark : IBenchmark
{
    private const int Few = 64;
    private const int Many = 8192;
    private const int SignaturesOfADocument = 5;
    private const double MiB = 1024 * 1024;

    public string Name => "proofs";

    public async Task<IReadOnlyList<BenchRow>> RunAsync(BenchOptions options)
    {
        List<(double Rate, double Ratio)> rates = [];
        List<double> few = [], many = [];
        for (int round = 0; round < Math.Min(options.Rounds, 3); round++)
        {
            double openssl = await OpenSsl.VerificationsAsync(options.Seconds) / SignaturesOfADocument;
            few.Add((await RunAsync(Few)).Peak / MiB);
            (double peak, double seconds) = await RunAsync(Many);
            many.Add(peak / MiB);
            rates.Add((Many / seconds, Many / seconds / openssl));
        }

        (double rate, double ratio) = rates.OrderBy(run => run.Ratio).ElementAt(rates.Count / 2);
        double growth = many.Max() / few.Max();
        return
        [
            new BenchRow(
                Text($"{Many:N0} proofs in one run"), Text($"{rate:F0}/s"), Text($"openssl / 5: {rate / ratio:F0}/s"), Text($"{ratio:F2}"), ">= 0.7", ratio >= 0.7),
            new BenchRow(
                Text($"peak RSS of that run"), Text($"{many.Max():F1} MiB"), Text($"{Few} proofs: {few.Max():F1} MiB"), Text($"{growth:F2}"), "<= 1.25", growth <= 1.25),
        ];
    }

    /// <summary>
    /// One run, fed through its standard input. When the last proof's line has come, all are verified and the process still waits for more: then it is
    /// asked what it took.
    /// </summary>
    private static async Task<(double Peak, double Seconds)> RunAsync(int proofs)
    {
        byte[] proof = VectorFiles.Bytes("proofs", "turnkey_1.json");
        var start = new ProcessStartInfo(
            Programs.Find("qos"), ["verify", "deployment", "-", "--list", "--json", "--time", "document", "--allow-uncommitted", "--allow-any-quorum", "--allow-any-pcrs"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process run = Process.Start(start) ?? throw new InvalidOperationException("qos did not start.");
        Task<string?> last = LineAsync(run, proofs);
        Stream input = run.StandardInput.BaseStream;
        for (int i = 0; i < proofs; i++)
            await input.WriteAsync(proof);
        await input.FlushAsync();
        string? line = await last;
        run.Refresh();
        (double Peak, double Seconds) taken = (PeakBytes(run.Id), run.TotalProcessorTime.TotalSeconds);
        run.StandardInput.Close();
        string? summary = await run.StandardOutput.ReadLineAsync();
        await run.WaitForExitAsync();
        return run.ExitCode == 0 && summary!.Contains(Text($"\"accepted\":{proofs},"), StringComparison.Ordinal)
            ? taken
            : throw new InvalidOperationException($"qos verify ended with {run.ExitCode}: {line} {summary}");
    }

    private static async Task<string?> LineAsync(Process run, int number)
    {
        string? line = null;
        for (int i = 0; i < number; i++)
            line = await run.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"qos verify ended behind proof {i}: {line}");
        return line;
    }

    private static long PeakBytes(int id)
    {
        string line = File.ReadLines($"/proc/{id}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
