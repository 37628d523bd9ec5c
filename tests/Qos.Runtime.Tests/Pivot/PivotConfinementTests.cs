using System.Diagnostics;
using System.Net.Sockets;
using Qos.Node;
using Qos.Protocol;

namespace Qos.Runtime.Tests.Pivot;

/// <summary>What a pivot that runs as root cannot do to its enclave. SECURITY.md, The app.</summary>
[Collection(RealProcesses.Name)]
public sealed class PivotConfinementTests : IDisposable
{
    // Each attempt prints 0 when it succeeded, or its errno.
    private const string Source = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/mount.h>
        #include <sys/ptrace.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/time.h>
        #include <sys/uio.h>
        #include <sys/un.h>
        #include <unistd.h>
        static FILE *out;
        static void said(const char *what, long result) { fprintf(out, "%s=%d\n", what, result < 0 ? errno : 0); }
        int main(int argc, char **argv)
        {
            out = fopen(argv[1], "w");
            const char *key = argv[2], *control = argv[3], *other = argv[4];
            char line[256], buffer[64];
            int file = open(key, O_RDONLY);
            said("read key", read(file, buffer, sizeof buffer));
            said("write key", open(key, O_WRONLY));
            said("chmod key", chmod(key, 0666));
            said("unlink key", unlink(key));
            said("rename over key", rename(other, key));
            said("unmount key", umount2(key, MNT_DETACH));
            said("remount key", mount(NULL, key, NULL, MS_REMOUNT | MS_BIND, NULL));
            said("write own file", open(other, O_WRONLY));
            struct sockaddr_un address = {.sun_family = AF_UNIX};
            strncpy(address.sun_path, control, sizeof address.sun_path - 1);
            said("connect control", connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof address));
            pid_t enclave = getppid();
            said("trace enclave", ptrace(PTRACE_ATTACH, enclave, 0, 0));
            struct iovec here = {buffer, 8}, there = {(void *)0x400000, 8};
            said("read enclave", process_vm_readv(enclave, &here, 1, &there, 1, 0));
            snprintf(line, sizeof line, "/proc/%d/mem", enclave);
            said("open enclave's memory", open(line, O_RDONLY));
            said("write core_pattern", open("/proc/sys/kernel/core_pattern", O_WRONLY));
            struct timeval now = {1, 0};
            said("set clock", settimeofday(&now, NULL));
            said("chown own file", chown(other, 1, 1));
            said("be another user", setuid(1));
            FILE *status = fopen("/proc/self/status", "r");
            while (fgets(line, sizeof line, status))
                if (strncmp(line, "Cap", 3) == 0)
                    fputs(line, out);
            fclose(out);
            return 0;
        }
        """;

    private const int EPERM = 1;
    private const int EACCES = 13;
    private const int EBUSY = 16;
    private const int EROFS = 30;
    private const int ECONNREFUSED = 111;

    private readonly TestFolder _node = new();
    private readonly TestFolder _own = new();

    [Fact]
    public async Task A_pivot_of_root_reads_its_keys_and_changes_nothing_of_its_enclave()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && CanConfine(), "needs root that may make mount namespaces");
        byte[] program = Compile();
        File.WriteAllText(_node["qos.quorum.key"], new string('a', 64));
        File.SetUnixFileMode(_node["qos.quorum.key"], UnixFileMode.UserRead);
        File.WriteAllText(_own["own"], "");
        using var control = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        control.Bind(new UnixDomainSocketEndPoint(_own["control"]));
        control.Listen();

        using var run = new PivotRun(options => options with { Confinement = PivotConfinement.Required, Hidden = [_own["control"], _own["not there"]] });
        File.Copy(_node["qos.quorum.key"], run.Folder["qos.quorum.key"]);
        PivotLaunch launch = run.Publish(program) with { Arguments = [_own["result"], run.Folder["qos.quorum.key"], _own["control"], _own["own"]] };
        PivotOutcome outcome = await run.Start(launch).WaitAsync(PivotRun.Patience);
        Assert.Equal((PivotEnd.Exited, 0), (outcome.End, outcome.LastExit?.Code ?? -1));

        Dictionary<string, string> said = File.ReadAllLines(_own["result"])
            .Select(static line => line.Split('=', ':')).ToDictionary(static parts => parts[0], static parts => parts[1].Trim());
        Assert.Equal("0", said["read key"]);
        Assert.Equal($"{EROFS}", said["write key"]);
        Assert.Equal($"{EROFS}", said["chmod key"]);
        Assert.Equal($"{EBUSY}", said["unlink key"]);
        Assert.Equal($"{EBUSY}", said["rename over key"]);
        Assert.Equal($"{EPERM}", said["unmount key"]);
        Assert.Equal($"{EPERM}", said["remount key"]);
        Assert.Equal("0", said["write own file"]);
        Assert.Equal($"{ECONNREFUSED}", said["connect control"]);
        Assert.Equal($"{EPERM}", said["trace enclave"]);
        Assert.Equal($"{EPERM}", said["read enclave"]);
        Assert.Equal($"{EACCES}", said["open enclave's memory"]);
        Assert.Equal($"{EROFS}", said["write core_pattern"]);
        Assert.Equal($"{EPERM}", said["set clock"]);
        Assert.Equal("0", said["chown own file"]);
        Assert.Equal("0", said["be another user"]);

        // chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service, ipc_lock, sys_chroot.
        Assert.Equal("00000000000445fb", said["CapBnd"]);
        Assert.True(File.Exists(run.Folder["qos.quorum.key"]), "the key outlives the attempts");
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(run.Folder["qos.quorum.key"]));
    }

    [Fact]
    public async Task A_pivot_that_may_not_be_confined_runs_without_where_that_is_allowed()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && CanConfine(), "needs root that may make mount namespaces");
        using var run = new PivotRun(options => options with { Confinement = PivotConfinement.None, WorkingDirectory = _own.Path });
        PivotLaunch launch = run.PublishScript("pwd > where\nread_only() { : >> \"$0\"; }\nexit 0\n");
        PivotOutcome outcome = await run.Start(launch).WaitAsync(PivotRun.Patience);
        Assert.Equal(0, outcome.LastExit?.Code);
        Assert.Equal(_own.Path + "\n", File.ReadAllText(_own["where"]));
    }

    public void Dispose()
    {
        _node.Dispose();
        _own.Dispose();
    }

    private static bool CanConfine()
    {
        using Process process = Process.Start(new ProcessStartInfo("unshare", ["-m", "true"]) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private byte[] Compile()
    {
        File.WriteAllText(_own["p.c"], Source);
        using Process compiler = Process.Start("cc", ["-static", "-o", _own["p"], _own["p.c"]]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
        return File.ReadAllBytes(_own["p"]);
    }
}
