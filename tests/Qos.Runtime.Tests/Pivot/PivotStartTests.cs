using System.Runtime.InteropServices;
using System.Text;
using Qos.Native;
using Qos.Node;
using Qos.Protocol;
using Tmds.Linux;

namespace Qos.Runtime.Tests.Pivot;

/// <summary>What a pivot sees of its own start. Format: docs/protocol/messages.md, The pivot.</summary>
[Collection(RealProcesses.Name)]
public sealed class PivotStartTests(PivotProbe probe)
{
    private static readonly PivotExit s_success = new(0, null);

    [Fact]
    public async Task A_pivot_gets_exactly_its_arguments_and_its_environment()
    {
        string[] lines = await Probe(
            ["0", "", "two words", "ünïcode", "$HOME;`id`"],
            [new("A", "1"), new("EMPTY", ""), new("LINES", "ä=ö")]);
        Assert.Equal(
            ["arg=0", "arg=", "arg=two words", "arg=ünïcode", "arg=$HOME;`id`"],
            lines.Where(line => line.StartsWith("arg=", StringComparison.Ordinal)).Skip(2));
        Assert.Equal(
            ["env=A=1 3", "env=EMPTY= 6", "env=LINES=ä=ö 11"],
            lines.Where(line => line.StartsWith("env=", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_pivot_inherits_nothing_else()
    {
        // Descriptors as they leak in practice: without close-on-exec, some of them high.
        using var leak = File.OpenHandle("/dev/null");
        Assert.Equal(0, LibC.fcntl((int)leak.DangerousGetHandle(), 2, 0));
        string[] lines = await Probe([], []);
        Assert.Equal(["fd=0", "fd=2"], lines.Where(line => line.StartsWith("fd=", StringComparison.Ordinal)));
        Assert.DoesNotContain(lines, line => line.StartsWith("env=", StringComparison.Ordinal));
        Assert.Contains("no_new_privs=1", lines);
        Assert.Contains("pdeathsig=9", lines);
        Assert.Contains("leader=1", lines);
        Assert.Contains("core=0 0", lines);
        Assert.Contains("umask=022", lines);
        Assert.Contains("cwd=/", lines);
        Assert.Contains("stdin=/dev/null", lines);
        Assert.Contains("stderr=/dev/null", lines);
        Assert.Equal(
            ["SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000"],
            lines.Where(line => line.StartsWith("SigBlk", StringComparison.Ordinal) || line.StartsWith("SigIgn", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_name_of_its_own_comes_first()
    {
        using var run = new PivotRun();
        PivotLaunch launch = run.Publish(File.ReadAllBytes(probe.Program)) with { Arguments = [run.Folder["out"]] };
        Assert.Equal(s_success, (await run.Start(launch)).LastExit);
        Assert.Equal($"arg={run.PivotPath}", File.ReadLines(run.Folder["out"]).First());
    }

    [Fact]
    public async Task An_environment_as_large_as_a_manifest_may_have_reaches_the_pivot()
    {
        // 2 MiB less a page with the arguments, the names and the pointers.
        KeyValuePair<string, string>[] large = [.. Enumerable.Range(0, 31).Select(i => KeyValuePair.Create($"V{i}", new string('x', 65_536)))];
        string[] lines = await Probe([], large);
        Assert.Equal(31, lines.Count(line => line.StartsWith("env=V", StringComparison.Ordinal) && line.Length > 200));
    }

    [Fact]
    public async Task An_environment_that_the_kernel_cannot_pass_on_fails_the_pivot()
    {
        using var run = new PivotRun();
        PivotLaunch launch = run.Publish(File.ReadAllBytes(probe.Program)) with
        {
            RestartAlways = true,
            Environment = [.. Enumerable.Range(0, 128).Select(i => KeyValuePair.Create($"V{i}", new string('x', 65_536)))],
        };
        Assert.Equal(new PivotOutcome(PivotEnd.Failed, null), await run.Start(launch));
    }

    [Fact]
    public async Task A_script_runs_with_its_arguments()
    {
        using var run = new PivotRun();
        PivotLaunch launch = run.PublishScript("echo \"$0|$1|$X\" > \"$2\"; ls /proc/self/fd >> \"$2\"; exit 4") with
        {
            Arguments = ["a b", run.Folder["out"]],
            Environment = [new("X", "y"), new("PATH", "/usr/bin:/bin")],
        };
        Assert.Equal(new PivotOutcome(PivotEnd.Exited, new PivotExit(4, null)), await run.Start(launch));

        // 3 is the folder that ls itself reads.
        Assert.Equal([$"{run.PivotPath}|a b|y", "0", "1", "2", "3"], File.ReadAllLines(run.Folder["out"]));
    }

    [Theory]
    [InlineData("", "exec: Exec format error; the file is empty")]
    [InlineData("not a program", "exec: Exec format error; the file is no ELF program")]
    [InlineData("#!/no/such/interpreter\n", "exec: No such file or directory; it is a script, and its interpreter is not there")]
    public async Task What_is_no_program_fails_the_pivot_for_good_and_says_why(string content, string reason)
    {
        using var run = new PivotRun();
        PivotLaunch launch = run.Publish(Encoding.UTF8.GetBytes(content)) with { RestartAlways = true };
        Assert.Equal(new PivotOutcome(PivotEnd.Failed, null), await run.Start(launch));
        PivotStatus failed = await run.NextStatus();
        Assert.Equal((PivotState.Failed, 0u, null), (failed.State, failed.Restarts, failed.LastExit));
        Assert.Contains(reason, failed.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_whose_loader_is_not_there_says_so()
    {
        byte[] program = File.ReadAllBytes(probe.Program);
        int at = program.AsSpan().IndexOf("/lib64/ld-linux"u8);
        Assert.True(at > 0);
        program[at + 7] = (byte)'x';
        using var run = new PivotRun();
        Assert.Equal(new PivotOutcome(PivotEnd.Failed, null), await run.Start(run.Publish(program)));
        Assert.Contains("its loader /lib64/xd-linux-x86-64.so.2 is not there: link it statically", (await run.NextStatus()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void An_argument_with_a_NUL_is_refused()
    {
        var refused = Assert.Throws<PivotProgramException>(() => new PivotArguments(["a\0b"], "an argument"));
        Assert.Contains("NUL", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_natives_structs_have_the_layout_of_the_C_ones()
    {
        Assert.Equal(64, Marshal.SizeOf<LibQos.PivotSpawn>());
        Assert.Equal(16, Marshal.SizeOf<LibQos.PivotSpawned>());
        Assert.Equal(128, Marshal.SizeOf<ChildStatus>());
        Assert.Equal(40, Marshal.SizeOf<InterfaceRequest>());
    }

    private async Task<string[]> Probe(string[] arguments, KeyValuePair<string, string>[] environment)
    {
        using var run = new PivotRun();
        PivotLaunch launch = run.Publish(File.ReadAllBytes(probe.Program)) with
        {
            Arguments = [run.Folder["out"], .. arguments],
            Environment = environment,
        };
        PivotOutcome outcome = await run.Start(launch).WaitAsync(PivotRun.Patience);
        Assert.Equal(new PivotOutcome(PivotEnd.Exited, s_success), outcome);
        return File.ReadAllLines(run.Folder["out"]);
    }
}
