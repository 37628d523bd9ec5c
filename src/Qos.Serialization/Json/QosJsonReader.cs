using System.Text.Unicode;

namespace Qos.Serialization;

/// <summary>Reads one JSON text, value by value, in the order in which it is written (format: docs/protocol/encoding.md).</summary>
/// <remarks>
/// <para>Strict: RFC 8259 and, beyond it, an error for a member name that comes twice in an object (in skipped values too), for invalid UTF-8,
/// lone surrogates, bytes behind the value, a byte order mark, more than <see cref="MaxDepth"/> levels, and every number that is not an
/// integer from -2^63 to 2^64-1 (<c>1.0</c>, <c>1e3</c>, <c>-0</c>).</para>
/// <para>Allocates its results, the text of names with escapes, and one small object for the names seen. Pass it on by reference.</para>
/// <para>Bad input throws <see cref="EncodingException"/>. A wrong order of calls throws <see cref="InvalidOperationException"/>.</para>
/// </remarks>
public ref partial struct QosJsonReader
{
    /// <summary>How deep arrays and objects may nest: 64 levels.</summary>
    public const int MaxDepth = 64;

    private readonly ReadOnlySpan<byte> _text;
    private MemberNames? _names;
    private int _at;
    private int _depth;

    // One bit for each open level, the innermost is bit 0.
    private ulong _isObject;
    private ulong _hasItems;
    private bool _valueDue;

    /// <summary>Starts to read.</summary>
    /// <param name="utf8">The whole text.</param>
    /// <exception cref="EncodingException">It is not UTF-8, or starts with a byte order mark.</exception>
    public QosJsonReader(ReadOnlySpan<byte> utf8)
    {
        if (utf8.StartsWith("\uFEFF"u8))
            throw new EncodingException("JSON must not start with a byte order mark", 0);
        if (!Utf8.IsValid(utf8))
            throw new EncodingException("JSON must be UTF-8", FirstInvalid(utf8));
        _text = utf8;
        _valueDue = true;
    }

    /// <summary>Where the reader is: bytes from the start of the text.</summary>
    public readonly int Offset => _at;

    /// <summary>Enters an object. Then call <see cref="NextMember"/> until it answers false.</summary>
    public void BeginObject()
    {
        Enter((byte)'{', "an object");
        _isObject |= 1;
        _names ??= new MemberNames();
        _names.Open();
    }

    /// <summary>Goes to the object's next member, whose value must then be read or skipped, or leaves the object.</summary>
    /// <param name="name">The member's name as UTF-8, without escapes.</param>
    /// <returns>False behind the last member.</returns>
    public bool NextMember(out ReadOnlySpan<byte> name)
    {
        if (_depth == 0 || (_isObject & 1) == 0)
            throw new InvalidOperationException("The reader is not in an object.");
        name = default;
        if (!NextItem((byte)'}', "'}'"))
        {
            _names!.Close();
            Leave();
            return false;
        }

        if (Peek() != '"')
            throw Error("expected a member name");
        int start = _at + 1;
        int end = JsonStrings.FindEnd(_text, start, out bool escaped);
        name = escaped ? Unescaped(_text[start..end]) : _text[start..end];
        if (!_names!.TryAdd(_text, start, name, escaped))
            throw Error("this member name came already in the same object");
        _at = end + 1;
        if (Peek() != ':')
            throw Error("expected ':'");
        _at++;
        _valueDue = true;
        return true;
    }

    /// <summary>Enters an array. Then call <see cref="NextElement"/> until it answers false.</summary>
    public void BeginArray() => Enter((byte)'[', "an array");

    /// <summary>Goes to the array's next element, which must then be read or skipped, or leaves the array.</summary>
    /// <returns>False behind the last element.</returns>
    public bool NextElement()
    {
        if (_depth == 0 || (_isObject & 1) != 0)
            throw new InvalidOperationException("The reader is not in an array.");
        if (!NextItem((byte)']', "']'"))
        {
            Leave();
            return false;
        }

        _valueDue = true;
        return true;
    }

    /// <summary>Says that the value has been read and that nothing may follow but white space.</summary>
    public void End()
    {
        if (_depth != 0 || _valueDue)
            throw new InvalidOperationException("The JSON value has not been read to its end.");
        SkipWhiteSpace();
        if (_at != _text.Length)
            throw Error("nothing may follow the JSON value");
    }

    /// <summary>The exception to throw for something wrong at the reader's place.</summary>
    /// <param name="what">What is wrong, without a full stop; it must not hold input that may be secret.</param>
    public readonly EncodingException Error(string what) => new(what, _at);

    private void Enter(byte bracket, string what)
    {
        if (PeekValue() != bracket)
            throw Error($"expected {what}");
        if (_depth == MaxDepth)
            throw Error("more than 64 levels of arrays and objects");
        _at++;
        _depth++;
        _isObject <<= 1;
        _hasItems <<= 1;
        _valueDue = false;
    }

    private void Leave()
    {
        _at++;
        _depth--;
        _isObject >>>= 1;
        _hasItems >>>= 1;
    }

    // False in front of the closing bracket, true in front of the next name or value.
    private bool NextItem(byte bracket, string closing)
    {
        if (_valueDue)
            throw new InvalidOperationException("The value before has not been read.");
        int next = Peek();
        if (next == bracket)
            return false;
        if ((_hasItems & 1) != 0)
        {
            if (next != ',')
                throw Error($"expected ',' or {closing}");
            _at++;
        }

        _hasItems |= 1;
        return true;
    }

    private int PeekValue() =>
        _valueDue ? Peek() : throw new InvalidOperationException("There is no value to read here.");

    // The next character that is no white space, or -1 at the end.
    private int Peek()
    {
        SkipWhiteSpace();
        return _at < _text.Length ? _text[_at] : -1;
    }

    private void SkipWhiteSpace()
    {
        while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            _at++;
    }

    private static int FirstInvalid(ReadOnlySpan<byte> text)
    {
        int at = 0;
        while (System.Text.Rune.DecodeFromUtf8(text[at..], out _, out int length) == System.Buffers.OperationStatus.Done)
            at += length;
        return at;
    }
}
