using System.Diagnostics;
using System.Globalization;
using Qos.Client;
using Tmds.Linux;

namespace Qos.Compat;

/// <summary>
/// <c>qos-nsm-sim</c> beside an enclave, for as long as that lives, also when it is killed. It must not be the enclave's child: a node ends
/// every child that it finds when the app ends. So this program is started to start a watcher (this program once more) and to end; the
/// watcher then belongs to nobody, has the simulator for a child, and stops it when the enclave is gone.
/// </summary>
internal static class SimulatorCompanion
{
    /// <summary>The word for the process that ends once the simulator listens.</summary>
    public const string StartWord = "simulator-start";

    /// <summary>The word for the watcher.</summary>
    public const string WatchWord = "simulator-watch";

    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(20);

    /// <summary>Starts the simulator and waits until it listens.</summary>
    /// <param name="program">The simulator.</param>
    /// <param name="socket">Its socket, which nobody else may have.</param>
    /// <param name="args">Its command line.</param>
    /// <exception cref="CeremonyException">It does not run; it has said why.</exception>
    public static void Start(string program, string socket, string[] args)
    {
        File.Delete(socket);
        using Process starter = Self(StartWord, [Environment.ProcessId.ToString(CultureInfo.InvariantCulture), socket, program, .. args]);
        starter.WaitForExit();
        if (starter.ExitCode != 0)
            throw new CeremonyException("qos-nsm-sim does not run.");
    }

    /// <summary>The starter's part: enclave, socket, program, arguments.</summary>
    public static int RunStarter(string[] words)
    {
        if (words.Length < 3)
            return ClientCommandLine.Refused;
        using Process watcher = Self(WatchWord, words);
        var waiting = Stopwatch.StartNew();
        while (!File.Exists(words[1]))
        {
            if (watcher.WaitForExit(s_poll) || waiting.Elapsed > s_start)
            {
                watcher.Kill(entireProcessTree: true);
                return ClientCommandLine.Refused;
            }
        }

        return ClientCommandLine.Done;
    }

    /// <summary>The watcher's part, of the same words.</summary>
    public static int RunWatcher(string[] words)
    {
        if (words.Length < 3 || !int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out int enclaveId))
            return ClientCommandLine.Refused;
        using var enclave = Process.GetProcessById(enclaveId);
        using Process simulator = Process.Start(new ProcessStartInfo(words[2], words[3..]))!;
        Task.WaitAny(enclave.WaitForExitAsync(), simulator.WaitForExitAsync());
        if (!simulator.HasExited)
            _ = LibC.kill(simulator.Id, LibC.SIGTERM);
        simulator.WaitForExit();
        return ClientCommandLine.Done;
    }

    private static Process Self(string word, IEnumerable<string> words) => Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [word, .. words]))!;
}
