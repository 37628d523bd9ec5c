using System.Runtime.InteropServices;
using Qos.Native;
using Tmds.Linux;

namespace Qos.Keys;

/// <summary>The memory of the whole process: what the guarded pages of <see cref="SecretMemory"/> cannot cover, such as registers and stacks.</summary>
public static class ProcessMemory
{
    /// <summary>
    /// No core file, and no other process of the same user may look into this one's memory. Call it before the first secret is there; it holds
    /// until the process ends, and programs that it starts get the first half of it.
    /// </summary>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public static unsafe void Protect()
    {
        var none = new ResourceLimit();
        if (LibC.setrlimit(LibC.RLIMIT_CORE, &none) != 0)
            throw new IOException($"core files cannot be forbidden: {Marshal.GetLastPInvokeErrorMessage()}");
        if (LibC.prctl(LibC.PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
            throw new IOException($"the memory cannot be protected: {Marshal.GetLastPInvokeErrorMessage()}");
    }
}
