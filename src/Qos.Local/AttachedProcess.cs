using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;

namespace Qos.Local;

/// <summary>
/// A program that the kernel ends together with this process, however this one ends. It is in a session of its own, so that a terminal's Ctrl-C reaches
/// this process alone, which ends it in order.
/// </summary>
/// <remarks>The kernel counts the thread that made a process as its parent, so all are made by one that lives until the end.</remarks>
public sealed class AttachedProcess : IDisposable
{
    private static readonly BlockingCollection<Action> s_requests = [];

    private readonly Process _process;

    static AttachedProcess() => new Thread(Run) { IsBackground = true, Name = "launcher" }.Start();

    private AttachedProcess(Process process, Action<string>? output, Action<string>? errors)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Tell(output, line.Data);
        process.ErrorDataReceived += (_, line) => Tell(errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
        Ended = EndedAsync();
    }

    /// <summary>The process id. The wrapper's, where there is one that forks.</summary>
    public int Id => _process.Id;

    /// <summary>Its exit code, when it has ended and all of its lines were told: 128 and the signal's number after a signal.</summary>
    public Task<int> Ended { get; }

    /// <summary>Starts a program.</summary>
    /// <param name="program">The program, its wrapper and its arguments.</param>
    /// <param name="folder">The folder that it is started in.</param>
    /// <param name="output">Takes each line of standard output; null to drop them.</param>
    /// <param name="errors">Takes each line of standard error; null to drop them.</param>
    /// <exception cref="IOException">It cannot be started.</exception>
    public static AttachedProcess Start(NodeProgram program, string folder, Action<string>? output, Action<string>? errors)
    {
        ArgumentNullException.ThrowIfNull(program);

        // Both become the program, so the process id is the program's own.
        var start = new ProcessStartInfo("setsid", ["setpriv", "--pdeathsig", "KILL", "--", .. program.Wrapper, program.Path, .. program.Arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("NOTIFY_SOCKET");
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        s_requests.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Win32Exception e)
            {
                started.SetException(new IOException($"{program.Path} cannot be started: {e.Message}", e));
            }
        });
        return new AttachedProcess(started.Task.GetAwaiter().GetResult(), output, errors);
    }

    /// <summary>Ends it at once, where it still runs.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    private static void Tell(Action<string>? to, string? line)
    {
        if (line is not null)
            to?.Invoke(line);
    }

    private static void Run()
    {
        foreach (Action request in s_requests.GetConsumingEnumerable())
            request();
    }

    private async Task<int> EndedAsync()
    {
        await _process.WaitForExitAsync().ConfigureAwait(false);
        return _process.ExitCode;
    }
}
