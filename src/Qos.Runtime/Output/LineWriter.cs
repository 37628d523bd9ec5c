using System.Runtime.InteropServices;
using System.Text;
using Qos.Protocol;
using Tmds.Linux;

namespace Qos.Runtime;

/// <summary>Writes whole lines to a descriptor: standard error, standard output, a machine's console.</summary>
/// <remarks>
/// Not the framework's Console: before its first line that one looks for a terminal database and installs signal handlers, and it throws
/// when a disk is full, which must never end a node. Not a FileStream either: in a file it writes at a place of its own, over the lines
/// of whatever else writes to the same log.
/// </remarks>
internal sealed class LineWriter(int descriptor)
{
    private readonly Lock _gate = new();

    /// <summary>Writes a line in one piece; hidden characters in it become visible. May block.</summary>
    /// <returns>Whether it could be written: not when the disk is full, the pipe is broken or the descriptor is closed.</returns>
    public unsafe bool TryWrite(string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(VisibleText.Line(line) + "\n");
        lock (_gate)
        {
            fixed (byte* start = bytes)
            {
                for (int written = 0; written < bytes.Length;)
                {
                    nint count = (nint)LibC.write(descriptor, start + written, (size_t)(bytes.Length - written));
                    if (count > 0)
                        written += (int)count;
                    else if (count == 0 || Marshal.GetLastPInvokeError() != LibC.EINTR)
                        return false;
                }
            }
        }

        return true;
    }

    /// <summary>Waits until everything is out of a terminal's or a serial line's buffer.</summary>
    public void Drain() => _ = LibC.tcdrain(descriptor);
}
