using System.Diagnostics;
using System.Globalization;

namespace Qos.EndToEnd.Local;

/// <summary>A program that runs, with what it printed; killed when disposed.</summary>
public sealed class RunningProgram : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];

    private RunningProgram(string name, Process process)
    {
        Name = name;
        _process = process;
        process.OutputDataReceived += (_, line) => Add(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Add(_errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
    }

    /// <summary>What to call it in a message.</summary>
    public string Name { get; }

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Lines of stdout so far.</summary>
    public string[] Output => Copy(_output);

    /// <summary>Lines of stderr so far.</summary>
    public string[] Errors => Copy(_errors);

    /// <summary>Everything that it printed, for a failed test.</summary>
    public string Log => string.Join('\n', Output.Concat(Errors).Select(line => $"  {Name}: {line}"));

    /// <summary>Starts one of the published programs.</summary>
    public static RunningProgram Start(string program, params IEnumerable<string> arguments) =>
        StartAt(program, Programs.Find(program), arguments);

    /// <summary>Starts any program.</summary>
    public static RunningProgram StartAt(string name, string path, params IEnumerable<string> arguments) =>
        new(name, Launcher.Start(path, arguments));

    /// <summary>Runs one of the published programs to its end.</summary>
    public static async Task<(int ExitCode, string[] Output, string[] Errors)> RunAsync(string program, params IEnumerable<string> arguments)
    {
        await using RunningProgram running = Start(program, arguments);
        int exitCode = await running.ExitAsync();
        return (exitCode, running.Output, running.Errors);
    }

    /// <summary>Waits for its end and gives the exit code; 128 and the signal's number when a signal ended it.</summary>
    public async Task<int> ExitAsync(TimeSpan? within = null)
    {
        using var patience = new CancellationTokenSource(within ?? s_patience);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{Name} does not end.\n{Log}");
        }

        return _process.ExitCode;
    }

    /// <summary>Sends a signal, by its name without SIG.</summary>
    public async Task SignalAsync(string signal)
    {
        using Process kill = Process.Start("sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -{signal} {Id}")]);
        await kill.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and the exit code.</summary>
    public async Task<int> TerminateAsync(TimeSpan? within = null)
    {
        await SignalAsync("TERM");
        return await ExitAsync(within);
    }

    /// <summary>Waits until it has printed something on stdout or stderr that holds the text.</summary>
    public Task<string> SaysAsync(string text) => Eventually.IsAsync(
        () => Task.FromResult(Output.Concat(Errors).FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal))),
        () => $"{Name} does not say \"{text}\".\n{Log}");

    /// <summary>A size of /proc/PID/status in bytes: VmRSS, VmHWM.</summary>
    public long StatusBytes(string field)
    {
        string line = File.ReadLines($"/proc/{Id}/status").First(line => line.StartsWith(field + ":", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    /// <summary>The processor time that it has used.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>How many descriptors it holds.</summary>
    public int Descriptors => Directory.GetFileSystemEntries($"/proc/{Id}/fd").Length;

    /// <summary>Kills it.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await ExitAsync();
    }

    /// <summary>Kills it where it still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    private static void Add(List<string> lines, string? line)
    {
        if (line is null)
            return;
        lock (lines)
            lines.Add(line);
    }

    private static string[] Copy(List<string> lines)
    {
        lock (lines)
            return [.. lines];
    }
}
