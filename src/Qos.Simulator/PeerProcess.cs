using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Qos.Simulator;

/// <summary>The process at the other end of a Unix socket, told from a later one with the same number by its start.</summary>
/// <param name="Id">Its number; 0 if it belongs to a PID namespace that cannot be seen from here.</param>
/// <param name="Start">Its start, in the kernel's clock ticks; null if it had ended when it was looked at.</param>
internal readonly record struct PeerProcess(int Id, ulong? Start)
{
    private const int SOL_SOCKET = 1;
    private const int SO_PEERCRED = 17;

    // Fields of /proc/PID/stat, counted from the one behind the name: proc(5) calls them 3 and 22.
    private const int State = 0;
    private const int StartTime = 19;

    /// <summary>False when it has ended. A process that cannot be seen counts as running.</summary>
    public bool IsRunning => Id == 0 || (Start is { } start && StartOf(Id) == start);

    /// <summary>The process that connected the socket, by SO_PEERCRED.</summary>
    public static PeerProcess From(Socket connection)
    {
        // struct ucred: pid, uid, gid.
        Span<int> credentials = stackalloc int[3];
        connection.GetRawSocketOption(SOL_SOCKET, SO_PEERCRED, MemoryMarshal.AsBytes(credentials));
        return new PeerProcess(credentials[0], StartOf(credentials[0]));
    }

    private static ulong? StartOf(int id)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{id}/stat");

            // The name is in parentheses and may hold blanks and parentheses itself.
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');

            // A zombie has ended; its parent has not looked yet.
            return fields[State] is "Z" or "X" ? null : ulong.Parse(fields[StartTime], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
