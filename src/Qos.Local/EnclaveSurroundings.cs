using System.Diagnostics;

namespace Qos.Local;

/// <summary>
/// What makes an enclave process find what it would find in an image: a root of its own in memory, where its files are, with everything of this machine
/// beside them; itself as process 1, so that nothing that an app starts outlives it. As a user who is not root, inside a user namespace.
/// </summary>
public static class EnclaveSurroundings
{
    // The folders of the machine's root appear in the new one; its files do not, and what is written beside them is gone with the enclave.
    private const string Script = """
        set -e
        mkdir -p root
        mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs root
        for entry in /*; do
            name=${entry#/}
            if [ -L "$entry" ]; then cp -P "$entry" root/
            elif [ "$name" = run ] && [ "${PWD#/run/}" = "$PWD" ]; then mkdir root/run
            elif [ "$name" = proc ]; then mkdir root/proc && mount -t proc -o nosuid,nodev,noexec proc root/proc
            elif [ -d "$entry" ]; then mkdir "root/$name" && mount --rbind "$entry" "root/$name"
            fi
        done
        if [ -e root/etc/hosts ]; then : >hosts && mount --bind hosts root/etc/hosts; fi
        exec chroot root /bin/sh -c 'cd "$0" && exec "$@"' "$PWD" "$@"
        """;

    /// <summary>Further arguments of the enclave's: its folder, and the hosts file, which is the app's own.</summary>
    public static IReadOnlyList<string> Arguments { get; } = File.Exists("/etc/hosts") ? ["--dir", "/", "--hosts-file", "/etc/hosts"] : ["--dir", "/"];

    /// <summary>The words that go before the enclave's command line. The first process forks, and ends with the enclave's exit code.</summary>
    public static IReadOnlyList<string> Wrapper { get; } =
    [
        "unshare", .. Environment.UserName == "root" ? (string[])[] : ["--user", "--map-root-user"],
        "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child=KILL", "--", "/bin/sh", "-c", Script, "sh",
    ];

    /// <summary>Why they cannot be made here, in a few words; null when they can.</summary>
    /// <param name="folder">A folder to try it in.</param>
    public static string? DescribeObstacle(string folder)
    {
        try
        {
            using Process attempt = Process.Start(new ProcessStartInfo(Wrapper[0], [.. Wrapper.Skip(1), "true"])
            {
                WorkingDirectory = folder,
                RedirectStandardError = true,
            })!;
            string said = attempt.StandardError.ReadToEnd();
            attempt.WaitForExit();
            return attempt.ExitCode == 0 ? null : said.Split('\n')[0];
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return e.Message;
        }
    }
}
