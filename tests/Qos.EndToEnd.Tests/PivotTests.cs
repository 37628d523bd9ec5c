using System.Globalization;
using Qos.EndToEnd.Local;
using Qos.Protocol;

namespace Qos.EndToEnd.Tests;

/// <summary>Pivots of every kind, and an enclave that survives them. Format: docs/protocol/messages.md, The pivot.</summary>
public sealed class PivotTests(ITestOutputHelper output) : NodeTests(output)
{
    private static readonly TimeSpan s_bounded = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task One_that_exits_at_once_is_started_again_ever_more_slowly()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync();
        byte[] pivot = Script("exit 7");
        await node.RunAsync(quorum, quorum.Manifest(node, pivot), pivot);
        NodeStatus status = await node.StatusAsync(status => status.Pivot is { Restarts: >= 3 });
        Assert.Equal(7, status.Pivot!.LastExit?.Code);
        Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, status.Phase);

        // 0.1 s, 0.2 s, 0.4 s: the delays are announced before they are waited.
        await node.Enclave.SaysAsync("400");
        Assert.Equal(0, await node.Enclave.TerminateAsync(s_bounded));
    }

    [Theory]
    [InlineData("exit 7", 7)]
    [InlineData("exit 0", 0)]
    [InlineData("kill -9 $$", 137)]
    public async Task One_that_shall_never_be_restarted_ends_the_enclave_with_its_status(string script, int status)
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync();
        string told = node.In("told");
        byte[] pivot = Script($"until [ -e {told} ]; do /bin/sleep 0.02; done\n{script}");
        await node.RunAsync(quorum, Never(quorum.Manifest(node, pivot)), pivot);
        await File.WriteAllTextAsync(told, "");
        Assert.Equal(status, await node.Enclave.ExitAsync(s_bounded));
        AssertReadable(node.Enclave.Errors);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_that_floods_its_output_hurts_nobody(bool debugMode)
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync();
        byte[] pivot = Script("exec /usr/bin/yes 'a line of noise'");
        Manifest manifest = quorum.Manifest(node, pivot);
        await node.RunAsync(quorum, manifest with { Pivot = manifest.Pivot with { DebugMode = debugMode } }, pivot);
        await node.StatusAsync(status => status.Pivot is { State: PivotState.Running });
        if (debugMode)
            await node.Enclave.SaysAsync("a line of noise");
        for (int i = 0; i < 200; i++)
            Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, await node.PhaseAsync());

        Assert.InRange(node.Enclave.Output.Length, debugMode ? 1 : 0, debugMode ? 5000 : 0);
        Assert.InRange(node.Enclave.StatusBytes("VmHWM"), 0, 32L * 1024 * 1024);
        Assert.Equal(0, await node.Enclave.TerminateAsync(s_bounded));
    }

    [Fact]
    public async Task One_that_ignores_SIGTERM_is_killed_and_its_children_with_it()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync();
        string report = node.In("pids");
        byte[] pivot = Script($"trap '' TERM\n/bin/sleep 100000 & echo $$ $! > {report}.new; /bin/mv {report}.new {report}\nwhile :; do wait; done");
        await node.RunAsync(quorum, quorum.Manifest(node, pivot), pivot);
        int[] pids = await PidsAsync(report);
        Assert.All(pids, pid => Assert.True(Lives(pid)));
        Assert.Equal(0, await node.Enclave.TerminateAsync(s_bounded));
        Assert.All(pids, pid => Assert.False(Lives(pid)));
    }

    [Theory]
    [InlineData(RestartPolicy.Always)]
    [InlineData(RestartPolicy.Never)]
    public async Task What_a_dead_one_left_behind_is_ended_too(RestartPolicy restart)
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync();
        string report = node.In("pids"), told = node.In("told");
        byte[] pivot = Script($"""
            (/bin/sh -c 'exec /bin/sleep 100000' & echo $! > {report}.new; /bin/mv {report}.new {report})
            until [ -e {told} ]; do /bin/sleep 0.02; done
            exit 3
            """);
        Manifest manifest = quorum.Manifest(node, pivot);
        await node.RunAsync(quorum, manifest with { Pivot = manifest.Pivot with { Restart = restart } }, pivot);
        int[] left = await PidsAsync(report);
        await File.WriteAllTextAsync(told, "");
        if (restart == RestartPolicy.Never)
            Assert.Equal(3, await node.Enclave.ExitAsync(s_bounded));
        else
            await node.StatusAsync(status => status.Pivot is { Restarts: >= 1 });
        Assert.All(left, pid => Assert.False(Lives(pid)));
    }

    [Fact]
    public async Task One_that_is_shot_is_started_again_and_the_signal_is_told()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync();
        string report = node.In("pids");
        byte[] pivot = Script($"echo $$ > {report}.$$; /bin/mv {report}.$$ {report}; exec /bin/sleep 100000");
        await node.RunAsync(quorum, quorum.Manifest(node, pivot), pivot);
        int pid = (await PidsAsync(report))[0];
        using (var shot = System.Diagnostics.Process.GetProcessById(pid))
            shot.Kill();
        NodeStatus status = await node.StatusAsync(status => status.Pivot is { State: PivotState.Running, Restarts: 1 });
        Assert.Equal(9, status.Pivot!.LastExit?.Signal);
    }

    [Fact]
    public async Task It_gets_the_manifests_arguments_and_environment_and_no_descriptor()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync();
        byte[] pivot = await CompiledAsync(node, """
            #include <fcntl.h>
            #include <stdio.h>
            #include <unistd.h>
            extern char **environ;
            int main(int argc, char **argv)
            {
                int open_ones = 0;
                for (int fd = 3; fd < 4096; fd++)
                    open_ones += fcntl(fd, F_GETFD) != -1;
                FILE *out = fopen(argv[1], "w");
                for (int i = 2; i < argc; i++)
                    fprintf(out, "arg %s\n", argv[i]);
                for (char **e = environ; *e != NULL; e++)
                    fprintf(out, "env %s\n", *e);
                fprintf(out, "open %d\n", open_ones);
                fclose(out);
                rename(argv[1], argv[2]);
                pause();
            }
            """);
        Manifest manifest = quorum.Manifest(node, pivot, node.In("report.new"), node.In("report"), "", "two words", "--x=ä$HOME");
        await node.RunAsync(
            quorum,
            manifest with
            {
                Pivot = manifest.Pivot with
                {
                    Env = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["B"] = "", ["A_1"] = "one = 1\n" },
                },
            },
            pivot);
        string report = await FileAsync(node.In("report"));
        Assert.Equal(
            $"arg {node.In("report")}\narg \narg two words\narg --x=ä$HOME\nenv A_1=one = 1\n\nenv B=\nopen 0\n", report);
    }

    [Fact]
    public async Task A_file_that_was_swapped_meanwhile_is_not_run()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync();
        string told = node.In("told"), marker = node.In("marker"), file = Path.Combine(node.Directory, "qos.pivot.bin");
        byte[] pivot = Script($"until [ -e {told} ]; do /bin/sleep 0.02; done\nexit 1");
        await node.RunAsync(quorum, quorum.Manifest(node, pivot), pivot);

        await File.WriteAllBytesAsync(node.In("other"), Script($"echo > {marker}; exec /bin/sleep 100000"));
        File.SetUnixFileMode(node.In("other"), (UnixFileMode)0b101_101_101);
        File.Move(node.In("other"), file, overwrite: true);
        await File.WriteAllTextAsync(told, "");

        NodeStatus status = await node.StatusAsync(status => status.Pivot is { State: PivotState.Failed });
        Assert.Equal(ProtocolPhase.QuorumKeyProvisioned, status.Phase);
        Assert.False(File.Exists(marker));
        AssertReadable(node.Enclave.Errors);
    }

    [Fact]
    public async Task One_that_cannot_be_run_leaves_a_node_that_says_so()
    {
        using var quorum = Quorum.Deal();
        await using LocalNode node = await EnclaveAsync();
        byte[] pivot = [0x7f, (byte)'E', (byte)'L', (byte)'F', .. new byte[100]];
        await node.RunAsync(quorum, quorum.Manifest(node, pivot), pivot);
        await node.StatusAsync(status => status.Pivot is { State: PivotState.Failed });
        Assert.Equal(0, await node.Enclave.TerminateAsync(s_bounded));
        AssertReadable(node.Enclave.Errors);
    }

    private static Manifest Never(Manifest manifest) => manifest with { Pivot = manifest.Pivot with { Restart = RestartPolicy.Never } };

    private static async Task<byte[]> CompiledAsync(LocalNode node, string source)
    {
        await File.WriteAllTextAsync(node.In("pivot.c"), source);
        await using RunningProgram compiler = RunningProgram.StartAt("cc", "cc", "-o", node.In("pivot"), node.In("pivot.c"));
        Assert.True(await compiler.ExitAsync() == 0, compiler.Log);
        return await File.ReadAllBytesAsync(node.In("pivot"));
    }

    private static Task<string> FileAsync(string path) => Eventually.IsAsync(
        async () => File.Exists(path) ? await File.ReadAllTextAsync(path) : null, () => $"{path} does not appear.");

    private static async Task<int[]> PidsAsync(string path) =>
        [.. (await FileAsync(path)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(pid => int.Parse(pid, CultureInfo.InvariantCulture))];

    // A dead process that nobody has reaped does not live either.
    private static bool Lives(int pid)
    {
        try
        {
            return !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
