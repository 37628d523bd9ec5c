using Microsoft.Win32.SafeHandles;
using Qos.Keys;
using Tmds.Linux;

namespace Qos.Runtime;

/// <summary>What a process that holds keys must be before it holds any.</summary>
internal static class ProcessHardening
{
    // 077
    private const ushort GroupAndOthers = 0x3F;

    /// <summary>No core file, nobody may look into its memory, and files are the owner's alone.</summary>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public static void Apply()
    {
        ProcessMemory.Protect();
        _ = LibC.umask(GroupAndOthers);
    }

    /// <summary>Makes sure that 0, 1 and 2 are taken, or a file with keys could get a number that something prints to.</summary>
    public static void FillStandardDescriptors()
    {
        SafeFileHandle handle;
        do
            handle = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        while (handle.DangerousGetHandle() <= 2 && Keep(handle));
        handle.Dispose();
    }

    private static bool Keep(SafeFileHandle handle)
    {
        handle.SetHandleAsInvalid();
        return true;
    }
}
