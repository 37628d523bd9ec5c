using System.Net.Sockets;
using System.Text;
using Qos.Native;
using Tmds.Linux;

namespace Qos.Transport;

/// <summary>What a path of a Unix socket must hold to, and what to do with one that is left over.</summary>
internal static class UnixPath
{
    /// <summary>The bytes of <c>sun_path</c> less its terminating zero.</summary>
    internal const int MaxBytes = 107;

    // 0600
    private const ushort OwnerOnly = (ushort)(UnixFileMode.UserRead | UnixFileMode.UserWrite);

    internal static string Checked(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
            throw new TransportException(TransportError.BadAddress, "The path of a Unix socket is empty or holds a zero byte.");
        int bytes = Encoding.UTF8.GetByteCount(path);
        if (bytes > MaxBytes)
        {
            throw new TransportException(
                TransportError.BadAddress,
                $"The path of the Unix socket '{path}' has {bytes} bytes, and at most {MaxBytes} are possible; choose a shorter folder.");
        }

        return path;
    }

    /// <summary>Runs a bind so that the socket's file is the owner's alone and a file left over by a dead process is replaced.</summary>
    /// <param name="path">Where the socket's file will lie.</param>
    /// <param name="fd">The socket; its mode becomes the file's, so there is no moment in which others could connect.</param>
    /// <param name="tryBind">Binds; false when the address is in use.</param>
    /// <exception cref="TransportException"><see cref="TransportError.AddressInUse"/>.</exception>
    internal static void Bind(string path, int fd, Func<bool> tryBind)
    {
        if (LibC.fchmod(fd, OwnerOnly) != 0)
            throw new TransportException(TransportError.BadAddress, $"The mode of the socket for '{path}' cannot be set to 0600.");
        if (!tryBind())
        {
            RemoveStale(path);
            if (!tryBind())
                throw InUse(path, "another process was quicker");
        }

        // The process's umask may have taken the owner's own bits.
        if (LibC.chmod(path, OwnerOnly) != 0)
            throw new TransportException(TransportError.BadAddress, $"The mode of the socket '{path}' cannot be set to 0600.");
    }

    /// <summary>Removes the file of a socket that listens no more. That may be impossible because its folder is gone, which is no reason to stop stopping.</summary>
    internal static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static void RemoveStale(string path)
    {
        if (!LibC.IsSocket(path))
            throw InUse(path, "a file that is no socket lies there");
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return;
        }
        catch (SocketException)
        {
            // A full backlog or a missing right says that somebody lives there.
        }

        throw InUse(path, "another process listens there");
    }

    private static TransportException InUse(string path, string why) =>
        new(TransportError.AddressInUse, $"The address '{path}' is in use: {why}; stop it or choose another path.");
}
