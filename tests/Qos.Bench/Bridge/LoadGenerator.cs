using System.Globalization;
using System.Text.Json;

namespace Qos.Bench.Bridge;

/// <summary>The load generator that lies beside the repository, compiled when it is needed.</summary>
internal sealed class LoadGenerator
{
    private LoadGenerator(string program) => Program = program;

    /// <summary>The compiled program.</summary>
    public string Program { get; }

    public static async Task<LoadGenerator> CompileAsync(string folder)
    {
        string program = Path.Combine(folder, "loadgen");
        await ChildProcess.RunAsync("cc", "-O2", "-pthread", "-o", program, Find());
        return new LoadGenerator(program);
    }

    public ChildProcess StartServer(int port, int threads) =>
        ChildProcess.Start(Program, "server", "--port", $"{port}", "--threads", $"{threads}");

    /// <summary>Runs one measurement.</summary>
    public async Task<LoadResult> RunAsync(string mode, int port, int connections, double seconds)
    {
        string json = await ChildProcess.RunAsync(
            Program, mode, "--addr", $"127.0.0.1:{port}", "-c", $"{connections}", "-t", seconds.ToString(CultureInfo.InvariantCulture), "-w", "0.4");
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        return new LoadResult(
            root.GetProperty("gbps").GetDouble(),
            root.GetProperty("ops_s").GetDouble(),
            root.GetProperty("p50_us").GetDouble(),
            root.GetProperty("p99_us").GetDouble(),
            root.GetProperty("errors").GetInt64());
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "..", "shared", "tools", "loadgen", "loadgen.c");
            if (File.Exists(Path.Combine(folder.FullName, "Qos.sln")) && File.Exists(candidate))
                return Path.GetFullPath(candidate);
        }

        throw new FileNotFoundException("loadgen.c is missing: expected it in ../shared/tools/loadgen beside the repository.");
    }
}
