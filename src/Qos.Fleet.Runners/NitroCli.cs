using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Qos.Fleet.Runners;

/// <summary>
/// <c>nitro-cli</c> behind its JSON: what it prints is bounded, a failure is its exit status and the first line that it says. Specification: AWS, Nitro
/// Enclaves user guide, "Nitro Enclaves Command Line Interface".
/// </summary>
internal sealed class NitroCli(string program)
{
    private const int MaxOutput = 1024 * 1024;

    /// <summary>Starts an enclave.</summary>
    public Task RunAsync(string name, string image, int cpus, int memoryMib, uint contextId, bool debug, CancellationToken cancellationToken) => CallAsync(
        [
            "run-enclave", "--eif-path", image, "--cpu-count", Text(cpus), "--memory", Text(memoryMib), "--enclave-cid", Text(contextId), "--enclave-name", name,
            .. debug ? (string[])["--debug-mode"] : [],
        ],
        cancellationToken);

    /// <summary>The enclaves that run: names, and their ids.</summary>
    public async Task<IReadOnlyDictionary<string, string>> DescribeAsync(CancellationToken cancellationToken)
    {
        string json = await CallAsync(["describe-enclaves"], cancellationToken).ConfigureAwait(false);
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
    public Task TerminateAsync(string id, CancellationToken cancellationToken) => CallAsync(["terminate-enclave", "--enclave-id", id], cancellationToken);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task<string> CallAsync(IEnumerable<string> words, CancellationToken cancellationToken)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, words) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> output = ReadAsync(process.StandardOutput, cancellationToken), error = ReadAsync(process.StandardError, cancellationToken);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return process.ExitCode == 0
                ? await output.ConfigureAwait(false)
                : throw new RunnerException($"nitro-cli {words.First()} failed: {FirstLine(await error.ConfigureAwait(false))}");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new RunnerException($"{program} cannot be started: {e.Message}", e);
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        char[] buffer = new char[MaxOutput];
        int length = await reader.ReadBlockAsync(buffer, cancellationToken).ConfigureAwait(false);
        return length < MaxOutput ? new string(buffer, 0, length) : throw new RunnerException("nitro-cli prints more than any answer has");
    }

    private static string FirstLine(string text) => text.Split('\n').FirstOrDefault(static line => line.Length > 0) is { } line ? line[..Math.Min(line.Length, 300)] : "it says nothing";
}
