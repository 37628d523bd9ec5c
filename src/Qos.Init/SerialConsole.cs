using System.Text;
using Microsoft.Win32.SafeHandles;
using Qos.Native;
using Qos.Runtime;

namespace Qos.Init;

/// <summary>The machine's console, one whole line at a time.</summary>
/// <remarks>
/// Not the framework's Console: before its first line that one looks for a terminal database and installs signal handlers, which a machine with one
/// program has no use for.
/// </remarks>
internal sealed class SerialConsole(int descriptor) : IDisposable
{
    private readonly FileStream _output = new(new SafeFileHandle(descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
    private readonly Lock _gate = new();

    /// <summary>Writes a line; control characters in it become visible, and a console that is gone is no reason to stop.</summary>
    public void Write(string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(SafeText.OneLine(line) + "\n");
        lock (_gate)
        {
            try
            {
                _output.Write(bytes);
            }
            catch (IOException)
            {
                // There is nobody to tell.
            }
        }
    }

    /// <summary>Waits until everything is out.</summary>
    public void Drain() => _ = LibC.tcdrain(descriptor);

    /// <summary>Lets go of it; the descriptor stays.</summary>
    public void Dispose() => _output.Dispose();
}
