using System.Runtime.InteropServices;

namespace Qos.Native;

/// <summary>The Nitro Secure Module's device: one ioctl over two buffers.</summary>
internal static unsafe partial class LibC
{
    /// <summary>_IOWR(0x0A, 0, 32): the request code of the module's only ioctl.</summary>
    internal const ulong NSM_IOCTL_REQUEST = 0xC0200A00;

    /// <summary>A buffer and its length.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct IoVector
    {
        internal void* iov_base;
        internal nuint iov_len;
    }

    /// <summary>The ioctl's argument; the kernel writes the answer's length into <see cref="response"/>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct NsmMessage
    {
        internal IoVector request;
        internal IoVector response;
    }

    /// <summary>The C function is variadic; on Linux's 64-bit machines a pointer is passed to it as to any other.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ioctl(SafeHandle device, ulong request, NsmMessage* message);
}
