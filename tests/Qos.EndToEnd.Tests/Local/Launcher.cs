using System.Collections.Concurrent;
using System.Diagnostics;

namespace Qos.EndToEnd.Local;

/// <summary>Starts processes that the kernel ends together with this one, however this one ends.</summary>
/// <remarks>The kernel counts the thread that made a process as its parent, so all are made by one that lives until the end.</remarks>
internal static class Launcher
{
    private static readonly BlockingCollection<Action> s_requests = [];

    static Launcher() => new Thread(Run) { IsBackground = true, Name = "launcher" }.Start();

    /// <summary>Starts a program with redirected streams.</summary>
    public static Process Start(string program, IEnumerable<string> arguments)
    {
        // setpriv becomes the program, so the process id is the program's own.
        var start = new ProcessStartInfo("setpriv", ["--pdeathsig", "KILL", "--", program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        s_requests.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Exception e)
            {
                started.SetException(e);
            }
        });
        return started.Task.GetAwaiter().GetResult();
    }

    private static void Run()
    {
        foreach (Action request in s_requests.GetConsumingEnumerable())
            request();
    }
}
