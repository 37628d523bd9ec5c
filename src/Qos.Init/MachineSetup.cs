using System.Runtime.InteropServices;
using Qos.Native;
using Qos.Runtime;
using Tmds.Linux;

namespace Qos.Init;

/// <summary>What the machine's one process needs around it, and the machine's end.</summary>
internal static class MachineSetup
{
    private const string Console = "/dev/console";

    // A connection through a bridge takes two, and the kernel's limit for the first process is 4,096.
    private const uint OpenFiles = 65_536;

    /// <summary>
    /// Makes sure that the console is on 0, 1 and 2. The kernel opens it from the image's /dev/console before it starts the first process;
    /// without that, the first files that are opened get these numbers, and what is printed goes into them. Format: docs/protocol/eif.md, What init does, 1.
    /// </summary>
    /// <exception cref="BootException">One of them is something else.</exception>
    public static string CheckStandardStreams()
    {
        for (int descriptor = 0; descriptor <= 2; descriptor++)
        {
            string? target = new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget;
            if (target != Console)
            {
                throw new BootException(
                    $"descriptor {descriptor} is {target ?? "closed"} instead of {Console}: the image's boot ramdisk must hold that device");
            }
        }

        return $"{Console} on 0, 1 and 2";
    }

    /// <summary>Raises the limit of open files, for this process and the pivot.</summary>
    /// <exception cref="BootException">The kernel refuses.</exception>
    public static unsafe string RaiseFileLimit()
    {
        var limit = new ResourceLimit { rlim_cur = OpenFiles, rlim_max = OpenFiles };
        return LibC.setrlimit(LibC.RLIMIT_NOFILE, &limit) == 0
            ? $"{OpenFiles} open files, no core files"
            : throw new BootException($"the limit of open files cannot be raised: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>
    /// Ends the machine. A reboot, since nothing else ends an enclave without ACPI; the hypervisor does not start it again.
    /// Format: docs/protocol/eif.md, What init does, 6.
    /// </summary>
    public static int PowerOff(BootLog log, LineWriter console)
    {
        LibC.sync();
        console.Drain();
        _ = LibC.reboot(LibC.RB_AUTOBOOT);
        log.Say($"the machine cannot be rebooted: {Marshal.GetLastPInvokeErrorMessage()}");

        // The end of the first process is the end of the machine as well.
        return 1;
    }
}
