using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Qos.Native;
using Qos.Node;
using Qos.Protocol;
using Tmds.Linux;

namespace Qos.Runtime.Tests.Pivot;

/// <summary>The bytes that were hashed are the bytes that run. Format: docs/protocol/messages.md, The pivot ("Ours").</summary>
[Collection(RealProcesses.Name)]
public sealed class PivotBytesTests(PivotProbe probe)
{
    private const int NonBlocking = 0x800;
    private readonly byte[] _program = File.ReadAllBytes(probe.Program);

    [Fact]
    public async Task A_pivot_with_another_hash_never_runs()
    {
        using var run = new PivotRun();
        PivotLaunch launch = run.PublishScript($"touch {run.Folder["ran"]}") with { Sha256 = SHA256.HashData(_program), RestartAlways = true };
        Assert.Equal(new PivotOutcome(PivotEnd.Failed, null), await run.Start(launch));
        Assert.Equal(PivotState.Failed, (await run.NextStatus()).State);
        Assert.False(File.Exists(run.Folder["ran"]));
    }

    [Fact]
    public async Task A_missing_pivot_fails()
    {
        using var run = new PivotRun();
        PivotLaunch launch = run.Publish(_program) with { Path = run.Folder["other"] };
        Assert.Equal(PivotEnd.Failed, (await run.Start(launch)).End);
    }

    [Fact]
    public async Task A_pivot_that_somebody_can_still_write_to_never_runs()
    {
        using var run = new PivotRun();
        PivotLaunch launch = run.Publish(_program);
        using FileStream writer = new(run.PivotPath, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        Assert.Equal(PivotEnd.Failed, (await run.Start(launch)).End);
        var reason = Assert.Throws<PivotProgramException>(() => PivotProgram.Open(run.PivotPath, launch.Sha256.Span));
        Assert.Contains("open for writing", reason.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_can_open_a_hashed_pivot_for_writing()
    {
        using var run = new PivotRun();
        PivotLaunch launch = run.Publish(_program);
        using (PivotProgram.Open(run.PivotPath, launch.Sha256.Span))
        {
            // Waiting for it would break the lease after the kernel's 45 seconds; a start takes milliseconds.
            Assert.Equal(-1, LibC.openat(LibC.AT_FDCWD, run.PivotPath, LibC.O_WRONLY | LibC.O_CLOEXEC | NonBlocking, 0));
            Assert.Equal(LibC.EAGAIN, Marshal.GetLastPInvokeError());
        }

        int writer = LibC.openat(LibC.AT_FDCWD, run.PivotPath, LibC.O_WRONLY | LibC.O_CLOEXEC | NonBlocking, 0);
        Assert.True(writer >= 0);
        new Microsoft.Win32.SafeHandles.SafeFileHandle(writer, ownsHandle: true).Dispose();
    }

    [Fact]
    public void What_the_path_names_after_the_hashing_does_not_matter()
    {
        using var run = new PivotRun();
        PivotLaunch launch = run.Publish(_program) with { Arguments = [run.Folder["out"], "5"] };
        using PivotProgram program = PivotProgram.Open(run.PivotPath, launch.Sha256.Span);
        File.WriteAllText(run.Folder["other"], "#!/bin/sh\nexit 66\n");
        File.Move(run.Folder["other"], run.PivotPath, overwrite: true);

        var children = new ChildProcesses(reapsOrphans: false);
        children.Watch(PivotProcess.Start(program, launch, new PivotSupervisorOptions(), isConfined: false, output: -1));
        Assert.Equal(new PivotExit(5, null), children.WaitForPivot());
        Assert.True(File.Exists(run.Folder["out"]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_pivot_that_changed_between_two_starts_is_not_started_again(bool swapped)
    {
        using var run = new PivotRun();
        PivotLaunch launch = run.PublishScript("exit 1") with { RestartAlways = true };
        Task<PivotOutcome> outcome = run.Start(launch);
        Assert.Equal(PivotState.Running, (await run.NextStatus()).State);
        Assert.Equal(new PivotStatus(PivotState.Restarting, 0, new PivotExit(1, null)), await run.NextStatus());

        File.SetUnixFileMode(run.PivotPath, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string changed = $"#!/bin/sh\ntouch {run.Folder["ran"]}\n";
        File.WriteAllText(swapped ? run.Folder["other"] : run.PivotPath, changed);
        if (swapped)
            File.Move(run.Folder["other"], run.PivotPath, overwrite: true);

        run.Time.AdvanceToNextTimer();
        Assert.Equal(new PivotOutcome(PivotEnd.Failed, new PivotExit(1, null)), await outcome.WaitAsync(PivotRun.Patience));
        PivotStatus failed = await run.NextStatus();
        Assert.Equal((PivotState.Failed, 1u, new PivotExit(1, null)), (failed.State, failed.Restarts, failed.LastExit));
        Assert.Contains("is not the one in the manifest", failed.Reason, StringComparison.Ordinal);
        Assert.False(File.Exists(run.Folder["ran"]));
    }
}
