using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Qos.Fleet.Runners;

/// <summary>
/// <c>nitro-cli</c> behind its JSON: what it prints is bounded, a failure is its exit status and the first line that it says. Specification: AWS, Nitro
/// Enclaves user guide, "Nitro Enclaves Command Line Interface".
/// </summary>
/// <param name="program">The program.</param>
/// <param name="time">The clock.</param>
internal sealed class NitroCli(string program, TimeProvider time)
{
    private const int MaxOutput = 1024 * 1024;

    // Whoever waited for one that hangs would look after no replica any more.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    // A start reads the image and fills the enclave's memory.
    private static readonly TimeSpan s_startPatience = TimeSpan.FromMinutes(3);

    /// <summary>Starts an enclave.</summary>
    public Task RunAsync(string name, string image, int cpus, int memoryMib, uint contextId, bool debug, CancellationToken cancellationToken) => CallAsync(
        [
            "run-enclave", "--eif-path", image, "--cpu-count", Text(cpus), "--memory", Text(memoryMib), "--enclave-cid", Text(contextId), "--enclave-name", name,
            .. debug ? (string[])["--debug-mode"] : [],
        ],
        s_startPatience,
        cancellationToken);

    /// <summary>The enclaves that run: names, and their ids.</summary>
    public async Task<IReadOnlyDictionary<string, string>> DescribeAsync(CancellationToken cancellationToken)
    {
        string json = await CallAsync(["describe-enclaves"], s_patience, cancellationToken).ConfigureAwait(false);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16 });
            var enclaves = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (JsonElement enclave in document.RootElement.EnumerateArray())
            {
                if (enclave.GetProperty("State").GetString() == "RUNNING" && enclave.TryGetProperty("EnclaveName", out JsonElement name) && name.GetString() is { } text)
                    enclaves[text] = enclave.GetProperty("EnclaveID").GetString() ?? "";
            }

            return enclaves;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new RunnerException("nitro-cli describe-enclaves does not print the JSON that it should", e);
        }
    }

    /// <summary>Ends an enclave.</summary>
    public Task TerminateAsync(string id, CancellationToken cancellationToken) => CallAsync(["terminate-enclave", "--enclave-id", id], s_patience, cancellationToken);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task<string> CallAsync(IReadOnlyList<string> words, TimeSpan patience, CancellationToken cancellationToken)
    {
        using Process process = Start(words);
        using var limit = new CancellationTokenSource(patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            string[] said = await Task.WhenAll(ReadAsync(process, process.StandardOutput, both.Token), ReadAsync(process, process.StandardError, both.Token)).ConfigureAwait(false);
            await process.WaitForExitAsync(both.Token).ConfigureAwait(false);
            return process.ExitCode == 0 ? said[0] : throw new RunnerException($"nitro-cli {words[0]} failed: {FirstLine(said[1])}");
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            throw new RunnerException($"nitro-cli {words[0]} did not end within {patience.TotalSeconds:0} s", e);
        }
    }

    private Process Start(IReadOnlyList<string> words)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, words) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new RunnerException($"{program} cannot be started: {e.Message}", e);
        }
    }

    // One that prints without end would never exit, because nobody reads on.
    private static async Task<string> ReadAsync(Process process, StreamReader reader, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        char[] buffer = new char[4096];
        int read;
        while ((read = await reader.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (text.Append(buffer, 0, read).Length <= MaxOutput)
                continue;
            process.Kill(entireProcessTree: true);
            throw new RunnerException("nitro-cli prints more than any answer has");
        }

        return text.ToString();
    }

    private static string FirstLine(string text) => text.Split('\n').FirstOrDefault(static line => line.Length > 0) is { } line ? line[..Math.Min(line.Length, 300)] : "it says nothing";
}
