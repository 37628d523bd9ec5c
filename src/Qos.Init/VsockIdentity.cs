using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Qos.Native;

namespace Qos.Init;

/// <summary>The machine's own context identifier. Specification: eif, What init does, 5.</summary>
internal static class VsockIdentity
{
    private const string Device = "/dev/vsock";
    private const uint NoTransport = uint.MaxValue;
    private const uint Loopback = 1;

    /// <summary>Reads it.</summary>
    /// <exception cref="BootException">The kernel has no vsock, or the machine has no such device.</exception>
    public static unsafe uint Read()
    {
        uint cid;
        try
        {
            using SafeFileHandle device = File.OpenHandle(Device, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            if (LibC.ioctl_u32(device, LibC.IOCTL_VM_SOCKETS_GET_LOCAL_CID, &cid) != 0)
                throw new BootException($"{Device} does not say the context identifier: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BootException($"{Device} cannot be opened, the kernel has no vsock: {e.Message}");
        }

        return cid is not (NoTransport or Loopback)
            ? cid
            : throw new BootException("the machine has no vsock device: nobody could reach it");
    }
}
