using System.Diagnostics;
using System.Globalization;

namespace Qos.Bench;

/// <summary>A process of a measurement, ended with its children when disposed.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public static ChildProcess Start(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        return new ChildProcess(process);
    }

    /// <summary>Another process of this program.</summary>
    public static ChildProcess StartSelf(params IEnumerable<string> arguments) =>
        Start(Environment.ProcessPath!, Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal)
            ? [typeof(ChildProcess).Assembly.Location, .. arguments]
            : arguments);

    /// <summary>Runs to the end.</summary>
    public static async Task<string> RunAsync(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await errors}");
    }

    /// <summary>The resident bytes of the process and its children.</summary>
    public long ResidentBytes() => ResidentBytes(Id);

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private static long ResidentBytes(int id)
    {
        long own = 0;
        foreach (string line in File.ReadLines($"/proc/{id}/status"))
        {
            if (line.StartsWith("VmRSS:", StringComparison.Ordinal))
                own = 1024 * long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }

        string children = File.ReadAllText($"/proc/{id}/task/{id}/children");
        return own + children.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Sum(child => ResidentBytes(int.Parse(child, CultureInfo.InvariantCulture)));
    }
}
