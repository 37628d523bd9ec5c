using System.Globalization;
using Qos.Node;
using Qos.Protocol;

namespace Qos.Runtime.Tests.Pivot;

/// <summary>Pivots that behave badly, as real processes. Format: docs/protocol/messages.md, The pivot ("Ours").</summary>
[Collection(RealProcesses.Name)]
public sealed class PivotSupervisorTests
{
    private const string SleepForever = "while :; do sleep 1000 & wait; done";
    private static readonly KeyValuePair<string, string>[] s_path = [new("PATH", "/usr/bin:/bin")];

    [Fact]
    public async Task A_pivot_that_exits_at_once_is_started_again_with_doubling_delays()
    {
        using var run = new PivotRun();
        Task<PivotOutcome> outcome = run.Start(run.PublishScript("exit 3") with { RestartAlways = true });
        foreach (uint restarts in (uint[])[0, 1, 2, 3])
        {
            Assert.Equal(new PivotStatus(PivotState.Running, restarts, restarts == 0 ? null : new PivotExit(3, null)), await run.NextStatus());
            Assert.Equal(new PivotStatus(PivotState.Restarting, restarts, new PivotExit(3, null)), await run.NextStatus());
            long before = run.Time.GetTimestamp();
            run.Time.AdvanceToNextTimer();
            Assert.Equal(TimeSpan.FromMilliseconds(100 << (int)restarts), run.Time.GetElapsedTime(before));
        }

        await run.Supervisor.StopAsync(outcome);
        Assert.Equal(PivotEnd.Stopped, (await outcome).End);
    }

    [Fact]
    public void A_reason_that_is_cut_is_still_text()
    {
        for (int before = 0; before < 8; before++)
        {
            string reason = PivotSupervisor.ReasonFrom(new string('a', before) + string.Concat(Enumerable.Repeat("\U0001F511", 400)));
            Assert.False(VisibleText.NeedsEscape(reason), $"after {before}: {VisibleText.Escape(reason)}");
            Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(reason), 512, PivotStatus.MaxReasonBytes);
        }
    }

    [Fact]
    public async Task A_pivot_under_Never_ends_the_supervision()
    {
        using var run = new PivotRun();
        PivotOutcome outcome = await run.Start(run.PublishScript("exit 3"));
        Assert.Equal(new PivotOutcome(PivotEnd.Exited, new PivotExit(3, null)), outcome);
        Assert.Equal(3, outcome.ExitCode);
        Assert.Equal(PivotState.Running, (await run.NextStatus()).State);
        Assert.Equal(new PivotStatus(PivotState.Exited, 0, new PivotExit(3, null)), await run.NextStatus());
    }

    [Fact]
    public async Task A_signal_that_ended_the_pivot_is_in_its_status()
    {
        using var run = new PivotRun();
        PivotOutcome outcome = await run.Start(run.PublishScript("kill -11 $$"));
        Assert.Equal(new PivotOutcome(PivotEnd.Exited, new PivotExit(null, 11)), outcome);
        Assert.Equal(139, outcome.ExitCode);
    }

    [Fact]
    public async Task SIGTERM_is_passed_on()
    {
        using var run = new PivotRun();
        PivotLaunch launch = run.PublishScript($"trap 'exit 7' TERM; echo ready; {SleepForever}") with { Environment = s_path, DebugMode = true };
        Task<PivotOutcome> outcome = run.Start(launch);
        Assert.Equal("ready", await run.NextLine());
        await run.Supervisor.StopAsync(outcome).WaitAsync(PivotRun.Patience);
        Assert.Equal(new PivotOutcome(PivotEnd.Stopped, new PivotExit(7, null)), await outcome);
        Assert.Equal(0, (await outcome).ExitCode);
    }

    [Fact]
    public async Task A_pivot_that_ignores_SIGTERM_is_killed_after_its_grace()
    {
        using var run = new PivotRun();
        PivotLaunch launch = run.PublishScript($"trap '' TERM; echo ready; {SleepForever}") with { Environment = s_path, DebugMode = true };
        Task<PivotOutcome> outcome = run.Start(launch);
        Assert.Equal("ready", await run.NextLine());
        Task stopped = run.Supervisor.StopAsync(outcome);
        run.Time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(stopped.IsCompleted);
        run.Time.Advance(TimeSpan.FromSeconds(0.1));
        await stopped.WaitAsync(PivotRun.Patience);
        Assert.Equal(new PivotExit(null, 9), (await outcome).LastExit);
    }

    [Fact]
    public async Task Nothing_that_a_pivot_forked_outlives_it()
    {
        using var run = new PivotRun();
        PivotLaunch launch = run.PublishScript("""
            sleep 1000 &
            echo $!
            setsid sh -c 'echo $$; sleep 1000 & echo $!; setsid sleep 1000 & echo $!; wait' &
            read line < "$1"
            exit 2
            """) with { Environment = s_path, DebugMode = true, Arguments = [run.Folder["go"]] };
        MakeFifo(run.Folder["go"]);
        Task<PivotOutcome> outcome = run.Start(launch);
        var left = new List<int>();
        for (int i = 0; i < 4; i++)
            left.Add(int.Parse(await run.NextLine(), CultureInfo.InvariantCulture));
        Assert.All(left, pid => Assert.True(Directory.Exists($"/proc/{pid}")));

        await File.WriteAllTextAsync(run.Folder["go"], "go\n");
        Assert.Equal(new PivotExit(2, null), (await outcome.WaitAsync(PivotRun.Patience)).LastExit);
        Assert.All(left, pid => Assert.False(Directory.Exists($"/proc/{pid}"), $"process {pid} is left over"));
    }

    [Fact]
    public async Task Orphans_are_reaped_while_the_pivot_runs()
    {
        using var run = new PivotRun();
        PivotLaunch launch = run.PublishScript("""
            orphan=$(sh -c 'sleep 0 & echo $!')
            while [ -e /proc/$orphan ]; do :; done
            exit 0
            """) with { Environment = s_path };
        Assert.Equal(0, (await run.Start(launch).WaitAsync(PivotRun.Patience)).ExitCode);
    }

    [Fact]
    public async Task A_flood_of_output_holds_up_neither_the_pivot_nor_the_console()
    {
        var shown = new List<string>();
        using var console = new ManualResetEventSlim();
        using var run = new PivotRun(options => options with
        {
            Console = line =>
            {
                console.Wait();
                lock (shown)
                    shown.Add(line);
                return true;
            },
        });

        // The console stands still the whole time; the pivot still comes to its end.
        PivotLaunch launch = run.PublishScript("yes 0123456789 | head -c 20000000; exit 6") with { Environment = s_path, DebugMode = true };
        Assert.Equal(6, (await run.Start(launch).WaitAsync(PivotRun.Patience)).ExitCode);
        console.Set();
        run.Supervisor.Dispose();
        SpinWait.SpinUntil(() => { lock (shown) return shown.Count > 0 && shown[^1].Contains("dropped", StringComparison.Ordinal); }, PivotRun.Patience);
        Assert.InRange(shown.Count, 2, new OutputLimits().Burst + 1);
        Assert.Matches(@"^\[\d+ lines dropped\]$", shown[^1]);
    }

    [Fact]
    public async Task Without_debug_mode_nothing_is_shown()
    {
        int shown = 0;
        using (var run = new PivotRun(options => options with { Console = _ => ++shown > 0 }))
            Assert.Equal(0, (await run.Start(run.PublishScript("echo secret; echo secret >&2"))).ExitCode);
        Assert.Equal(0, shown);
    }

    [Fact]
    public async Task A_stop_during_the_delay_ends_the_supervision()
    {
        using var run = new PivotRun();
        Task<PivotOutcome> outcome = run.Start(run.PublishScript("exit 3") with { RestartAlways = true });
        while ((await run.NextStatus()).State != PivotState.Restarting)
            continue;
        await run.Supervisor.StopAsync(outcome).WaitAsync(PivotRun.Patience);
        Assert.Equal(new PivotOutcome(PivotEnd.Stopped, new PivotExit(3, null)), await outcome);
    }

    private static void MakeFifo(string path)
    {
        using var made = System.Diagnostics.Process.Start("mkfifo", [path]);
        made.WaitForExit();
    }
}
