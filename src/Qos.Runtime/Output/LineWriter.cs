using System.Text;
using Microsoft.Win32.SafeHandles;
using Qos.Protocol;
using Tmds.Linux;

namespace Qos.Runtime;

/// <summary>Writes whole lines to a descriptor: standard error, standard output, a machine's console.</summary>
/// <remarks>
/// Not the framework's Console: before its first line that one looks for a terminal database and installs signal handlers, and it throws
/// when a disk is full, which must never end a node.
/// </remarks>
internal sealed class LineWriter(int descriptor) : IDisposable
{
    private readonly FileStream _output = new(new SafeFileHandle(descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
    private readonly Lock _gate = new();

    /// <summary>Writes a line in one piece; hidden characters in it become visible. May block.</summary>
    /// <returns>Whether it could be written: not when the disk is full, the pipe is broken or the descriptor is closed.</returns>
    public bool TryWrite(string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(VisibleText.Line(line) + "\n");
        lock (_gate)
        {
            try
            {
                _output.Write(bytes);
                return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    /// <summary>Waits until everything is out of a terminal's or a serial line's buffer.</summary>
    public void Drain() => _ = LibC.tcdrain(descriptor);

    /// <summary>Lets go of it; the descriptor stays.</summary>
    public void Dispose() => _output.Dispose();
}
