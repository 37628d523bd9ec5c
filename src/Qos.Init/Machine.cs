using System.Runtime.InteropServices;
using Qos.Native;

namespace Qos.Init;

/// <summary>The end of the machine. Specification: eif, What init does, 6.</summary>
internal static class Machine
{
    /// <summary>Ends it. A reboot, since nothing else ends an enclave without ACPI; the hypervisor does not start it again.</summary>
    public static int Stop(BootLog log, SerialConsole console)
    {
        LibC.sync();
        console.Drain();
        _ = LibC.reboot(LibC.RB_AUTOBOOT);
        log.Say($"the machine cannot be rebooted: {Marshal.GetLastPInvokeErrorMessage()}");

        // The end of the first process is the end of the machine as well.
        return 1;
    }
}
