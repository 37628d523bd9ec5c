using System.Text;
using Qos.Protocol;

namespace Qos.Runtime;

/// <summary>Cuts a program's output into lines of bounded length that are safe to show on a terminal.</summary>
internal sealed class LineBuffer(int longest)
{
    private readonly byte[] _line = new byte[longest];
    private int _length;
    private bool _cut;

    /// <summary>Takes output and calls <paramref name="line"/> for each line that it ends.</summary>
    public void Append(ReadOnlySpan<byte> output, Action<string> line)
    {
        while (!output.IsEmpty)
        {
            int end = output.IndexOf((byte)'\n');
            Keep(end < 0 ? output : output[..end]);
            if (end < 0)
                return;
            line(Take());
            output = output[(end + 1)..];
        }
    }

    /// <summary>Ends a last line that had no line feed.</summary>
    public void End(Action<string> line)
    {
        if (_length > 0)
            line(Take());
    }

    private void Keep(ReadOnlySpan<byte> part)
    {
        int fits = Math.Min(part.Length, _line.Length - _length);
        part[..fits].CopyTo(_line.AsSpan(_length));
        _length += fits;
        _cut |= fits < part.Length;
    }

    private string Take()
    {
        string text = VisibleText.Line(Encoding.UTF8.GetString(_line, 0, _length).TrimEnd('\r'));
        if (_cut)
            text += " [cut]";
        _length = 0;
        _cut = false;
        return text;
    }
}
