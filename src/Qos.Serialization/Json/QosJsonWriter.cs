using System.Buffers;

namespace Qos.Serialization;

/// <summary>Writes one JSON text without white space, in canonical or plain form (format: docs/protocol/encoding.md).</summary>
/// <remarks>
/// In canonical form the members of an object must be written in order and the caller leaves out those whose value is null; a name out of order or
/// twice throws <see cref="InvalidOperationException"/>, as does any call that would make the text malformed.
/// The bytes lie in a pooled array, which <see cref="Dispose"/> gives back without wiping it: no place for plain secrets.
/// </remarks>
public sealed partial class QosJsonWriter : IDisposable
{
    private readonly ByteBuffer _buffer;
    private readonly JsonForm _form;

    // The last name of each open object, one behind the other; the starts lie on a stack.
    private readonly ByteBuffer _names = new();
    private readonly int[] _nameStarts = new int[QosJsonReader.MaxDepth + 1];

    private int _depth;
    private ulong _isObject;
    private ulong _hasItems;
    private bool _named;
    private bool _complete;

    /// <summary>Writes into memory: see <see cref="Written"/> and <see cref="ToArray"/>.</summary>
    public QosJsonWriter(JsonForm form)
    {
        _form = form;
        _buffer = new ByteBuffer();
    }

    /// <summary>Writes to <paramref name="output"/>, in pieces of at most 64 KiB.</summary>
    public QosJsonWriter(JsonForm form, IBufferWriter<byte> output)
    {
        _form = form;
        _buffer = new ByteBuffer(output);
    }

    /// <summary>The text, which ends at the next write and at <see cref="Dispose"/>.</summary>
    /// <exception cref="InvalidOperationException">The text is not complete, or went to a buffer writer.</exception>
    public ReadOnlySpan<byte> Written => _complete
        ? _buffer.Written
        : throw new InvalidOperationException("The JSON value is not complete.");

    /// <summary>The text in an array of its own.</summary>
    public byte[] ToArray() => Written.ToArray();

    /// <summary>Starts an object.</summary>
    public void BeginObject()
    {
        Begin((byte)'{');
        _isObject |= 1;
        _nameStarts[_depth] = _names.Written.Length;
    }

    /// <summary>Ends the innermost object.</summary>
    public void EndObject()
    {
        if (_depth == 0 || (_isObject & 1) == 0 || _named)
            throw new InvalidOperationException("No object to end, or its last member has no value.");
        _names.Truncate(_nameStarts[_depth]);
        End((byte)'}');
    }

    /// <summary>Starts an array.</summary>
    public void BeginArray() => Begin((byte)'[');

    /// <summary>Ends the innermost array.</summary>
    public void EndArray()
    {
        if (_depth == 0 || (_isObject & 1) != 0)
            throw new InvalidOperationException("No array to end.");
        End((byte)']');
    }

    /// <summary>Starts a member; its value comes next.</summary>
    /// <param name="utf8">The name, without escapes.</param>
    /// <exception cref="InvalidOperationException">In canonical form: the name is not greater than the one before.</exception>
    /// <exception cref="EncodingException">It is not UTF-8.</exception>
    public void WritePropertyName(ReadOnlySpan<byte> utf8)
    {
        CheckUtf8(utf8);
        if (_depth == 0 || (_isObject & 1) == 0 || _named)
            throw new InvalidOperationException("A name belongs into an object, with a value behind it.");
        if (_form == JsonForm.Canonical)
        {
            int start = _nameStarts[_depth];
            if ((_hasItems & 1) != 0 && Utf16Order.Compare(_names.Written[start..], utf8) >= 0)
                throw new InvalidOperationException("Canonical JSON needs names in ascending order.");
            _names.Truncate(start);
            _names.Write(utf8);
        }

        Separate();
        JsonStrings.Write(_buffer, utf8);
        _buffer.WriteByte((byte)':');
        _named = true;
    }

    /// <summary>Starts a member; its value comes next.</summary>
    public void WritePropertyName(string name)
    {
        byte[] utf8 = StrictUtf8(name);
        WritePropertyName(utf8);
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        _buffer.Dispose();
        _names.Dispose();
        _complete = false;
    }

    private void Begin(byte bracket)
    {
        if (_depth == QosJsonReader.MaxDepth)
            throw new InvalidOperationException("More than 64 levels of arrays and objects.");
        BeforeValue();
        _buffer.WriteByte(bracket);
        _depth++;
        _isObject <<= 1;
        _hasItems <<= 1;
    }

    private void End(byte bracket)
    {
        _buffer.WriteByte(bracket);
        _depth--;
        _isObject >>>= 1;
        _hasItems >>>= 1;
        AfterValue();
    }

    private void BeforeValue()
    {
        if (_complete)
            throw new InvalidOperationException("The JSON value is complete already.");
        if (_depth > 0 && (_isObject & 1) != 0)
        {
            if (!_named)
                throw new InvalidOperationException("A member needs a name before its value.");
            _named = false;
        }
        else if (_depth > 0)
        {
            Separate();
        }
    }

    private void AfterValue() => _complete = _depth == 0;

    private void Separate()
    {
        if ((_hasItems & 1) != 0)
            _buffer.WriteByte((byte)',');
        _hasItems |= 1;
    }
}
