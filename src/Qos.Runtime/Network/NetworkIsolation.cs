using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Qos.Native;
using Tmds.Linux;

namespace Qos.Runtime;

/// <summary>
/// A network namespace with nothing but a loopback interface: on one machine the pivot sees exactly the network that it sees in an
/// enclave, and it can listen on the same port as the host's half of its bridge.
/// </summary>
/// <remarks>
/// A namespace belongs to a thread: those that start the pivot, connect to it or listen for it <see cref="Enter"/> it, the others stay in
/// the machine's network. Unix sockets are not affected.
/// </remarks>
public sealed class NetworkIsolation : IDisposable
{
    private readonly SafeFileHandle _namespace;

    private NetworkIsolation(SafeFileHandle handle) => _namespace = handle;

    /// <summary>Makes a namespace, or returns null and says in a few words why it may not.</summary>
    public static NetworkIsolation? TryCreate(out string? whyNot)
    {
        SafeFileHandle? handle = null;
        string? reason = null;

        // A thread of its own, which ends with this: the namespace lives on by the descriptor.
        var thread = new Thread(() => reason = MakeNamespace(out handle)) { Name = "network namespace" };
        thread.Start();
        thread.Join();
        whyNot = reason;
        return handle is null ? null : new NetworkIsolation(handle);
    }

    /// <summary>Moves the calling thread into the namespace, for good.</summary>
    /// <exception cref="InvalidOperationException">The kernel refuses.</exception>
    public void Enter()
    {
        if (LibC.setns((int)_namespace.DangerousGetHandle(), LibC.CLONE_NEWNET) != 0)
            throw new InvalidOperationException($"cannot enter the isolated network: setns: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Runs something inside a network, on a thread of its own, and waits for it; what it throws comes out here.</summary>
    /// <param name="network">The network, or null for the calling thread's own.</param>
    /// <param name="action">What to run, for example the making of a socket, which stays in the network that it was made in.</param>
    public static void Run(NetworkIsolation? network, Action action)
    {
        if (network is null)
        {
            action();
            return;
        }

        ExceptionDispatchInfo? failed = null;
        var thread = new Thread(() =>
        {
            try
            {
                network.Enter();
                action();
            }
            catch (Exception e)
            {
                failed = ExceptionDispatchInfo.Capture(e);
            }
        })
        {
            Name = "isolated network",
        };
        thread.Start();
        thread.Join();
        failed?.Throw();
    }

    /// <summary>Lets go of the namespace; it ends with the last thread and process in it.</summary>
    public void Dispose() => _namespace.Dispose();

    private static string? MakeNamespace(out SafeFileHandle? handle)
    {
        handle = null;
        if (LibC.unshare(LibC.CLONE_NEWNET) != 0)
            return $"unshare: {Marshal.GetLastPInvokeErrorMessage()}";
        if (BringLoopbackUp() is { } reason)
            return reason;
        try
        {
            handle = File.OpenHandle("/proc/thread-self/ns/net", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    /// <summary>Brings lo up in the calling thread's network, which gives it 127.0.0.1; null, or why it cannot be done.</summary>
    internal static unsafe string? BringLoopbackUp()
    {
        using var socket = new SafeFileHandle(LibC.socket(LibC.AF_INET, LibC.SOCK_DGRAM | LibC.SOCK_CLOEXEC, 0), ownsHandle: true);
        InterfaceRequest request = default;
        request.ifr_name[0] = (byte)'l';
        request.ifr_name[1] = (byte)'o';
        int descriptor = (int)socket.DangerousGetHandle();
        if (LibC.ioctl(descriptor, LibC.SIOCGIFFLAGS, &request) != 0)
            return $"lo: {Marshal.GetLastPInvokeErrorMessage()}";
        request.ifr_flags |= (ushort)(LibC.IFF_UP | LibC.IFF_RUNNING);
        return LibC.ioctl(descriptor, LibC.SIOCSIFFLAGS, &request) != 0 ? $"lo: {Marshal.GetLastPInvokeErrorMessage()}" : null;
    }
}
