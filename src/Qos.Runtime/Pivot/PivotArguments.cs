using System.Runtime.InteropServices;
using System.Text;

namespace Qos.Runtime;

/// <summary>Strings as exec takes them: a block of native memory with a NULL-terminated array of NUL-terminated UTF-8 strings.</summary>
internal sealed unsafe class PivotArguments : IDisposable
{
    private void* _block;

    /// <summary>Copies the strings.</summary>
    /// <exception cref="PivotProgramException">One of them holds a NUL, which would cut it short.</exception>
    public PivotArguments(IReadOnlyCollection<string> strings, string what)
    {
        nuint pointers = (nuint)(strings.Count + 1) * (nuint)sizeof(byte*);
        nuint total = pointers;
        foreach (string text in strings)
        {
            if (text.Contains('\0', StringComparison.Ordinal))
                throw new PivotProgramException($"{what} of the pivot holds a NUL character, which cannot be passed to a program");
            total += (nuint)Encoding.UTF8.GetByteCount(text) + 1;
        }

        _block = NativeMemory.AllocZeroed(total);
        byte* next = (byte*)_block + pointers;
        byte* end = (byte*)_block + total;
        int index = 0;
        foreach (string text in strings)
        {
            Pointers[index++] = next;
            next += Encoding.UTF8.GetBytes(text, new Span<byte>(next, (int)(end - next))) + 1;
        }
    }

    /// <summary>The array of strings, ended by NULL.</summary>
    public byte** Pointers => (byte**)_block;

    public void Dispose()
    {
        NativeMemory.Free(_block);
        _block = null;
    }
}
