using System.Text;
namespace Qos.Serialization;

/// <content>Reading single values.</content>
public ref partial struct QosJsonReader
{
    /// <summary>What comes next, judged by its first character.</summary>
    public JsonKind PeekKind() => PeekValue() switch
    {
        '{' => JsonKind.Object,
        '[' => JsonKind.Array,
        '"' => JsonKind.String,
        't' or 'f' => JsonKind.Boolean,
        'n' => JsonKind.Null,
        '-' or (>= '0' and <= '9') => JsonKind.Number,
        < 0 => throw Error("the text ends where a value is expected"),
        _ => throw Error("expected a value"),
    };

    /// <summary>Reads a string.</summary>
    /// <param name="maxBytes">How many bytes its UTF-8 may have, without escapes.</param>
    public string ReadString(int maxBytes) => Encoding.UTF8.GetString(ReadUtf8(maxBytes));

    /// <summary>Reads a string as UTF-8 without escapes: a part of the text, or an array of its own if it had escapes.</summary>
    /// <param name="maxBytes">How many bytes it may have.</param>
    public ReadOnlySpan<byte> ReadUtf8(int maxBytes)
    {
        int before = Quote();
        ReadOnlySpan<byte> value = StringContents(maxBytes);
        return value.Length <= maxBytes ? value : throw new EncodingException($"the string is longer than {maxBytes} bytes", before);
    }

    /// <summary>Reads a byte string written in hex.</summary>
    /// <param name="maxBytes">How many bytes it may stand for.</param>
    public byte[] ReadHex(int maxBytes)
    {
        int before = Quote();
        ReadOnlySpan<byte> digits = StringContents(maxBytes * 2L);
        if (digits.Length % 2 != 0)
            throw new EncodingException("hex needs two digits for each byte, one is missing", before);
        if (digits.Length / 2 > maxBytes)
            throw new EncodingException($"the byte string is longer than {maxBytes} bytes", before);
        byte[] bytes = GC.AllocateUninitializedArray<byte>(digits.Length / 2);
        return Hex.TryDecode(digits, bytes) ? bytes : throw Hex.NotADigit(digits, before + 1);
    }

    /// <summary>Reads a byte string of a fixed length, written in hex.</summary>
    /// <param name="exact">Is filled.</param>
    public void ReadHex(Span<byte> exact)
    {
        int before = Quote();
        ReadOnlySpan<byte> digits = StringContents(exact.Length * 2L);
        if (digits.Length != exact.Length * 2L)
            throw new EncodingException($"expected {exact.Length} bytes in hex", before);
        if (!Hex.TryDecode(digits, exact))
            throw Hex.NotADigit(digits, before + 1);
    }

    /// <summary>Reads an integer from 0 to 65,535, a number or a string of digits.</summary>
    public ushort ReadUInt16() => (ushort)ReadUnsigned(ushort.MaxValue);

    /// <summary>Reads an integer from 0 to 2^32-1, a number or a string of digits.</summary>
    public uint ReadUInt32() => (uint)ReadUnsigned(uint.MaxValue);

    /// <summary>Reads an integer from 0 to 2^64-1, a number or a string of digits.</summary>
    /// <remarks>Only the shortest form: no sign, no leading zeros.</remarks>
    public ulong ReadUInt64() => ReadUnsigned(ulong.MaxValue);

    /// <summary>Reads <c>true</c> or <c>false</c>.</summary>
    public bool ReadBool()
    {
        bool value = PeekValue() switch
        {
            't' => true,
            'f' => false,
            _ => throw Error("expected true or false"),
        };
        Literal(value ? "true"u8 : "false"u8);
        return value;
    }

    /// <summary>Reads <c>null</c> if it comes next, else leaves the value where it is.</summary>
    public bool TryReadNull()
    {
        if (PeekValue() != 'n')
            return false;
        Literal("null"u8);
        return true;
    }

    /// <summary>Passes over one value, which is checked like any other.</summary>
    public void Skip()
    {
        switch (PeekKind())
        {
            case JsonKind.Null:
                Literal("null"u8);
                break;
            case JsonKind.Boolean:
                ReadBool();
                break;
            case JsonKind.Number:
                Number();
                break;
            case JsonKind.String:
                _at = JsonStrings.FindEnd(_text, _at + 1, out _) + 1;
                _valueDue = false;
                break;
            case JsonKind.Array:
                BeginArray();
                while (NextElement())
                    Skip();
                break;
            case JsonKind.Object:
                BeginObject();
                while (NextMember(out _))
                    Skip();
                break;
        }
    }

    /// <summary>Passes over one value and gives its text, checked, as it stands there (its inner white space included).</summary>
    public ReadOnlySpan<byte> ReadRawValue()
    {
        PeekValue();
        int start = _at;
        Skip();
        return _text[start.._at];
    }

    private ulong ReadUnsigned(ulong max)
    {
        bool quoted = PeekValue() == '"';
        int before = _at;
        ReadOnlySpan<byte> digits = quoted ? StringContents(20) : Number();
        return JsonNumbers.TryUnsigned(digits, max, out ulong value)
            ? value
            : throw new EncodingException($"expected an integer from 0 to {max}", before);
    }

    // Goes to the opening quote and says where it is.
    private int Quote() => PeekValue() == '"' ? _at : throw Error("expected a string");

    // The string without escapes; one that must be longer than the limit is refused before memory is taken for it.
    private ReadOnlySpan<byte> StringContents(long maxBytes)
    {
        int start = _at + 1;
        int end = JsonStrings.FindEnd(_text, start, out bool escaped);
        if (end - start > maxBytes * JsonStrings.LongestEscape)
            throw Error($"the string is longer than {maxBytes} bytes");
        _at = end + 1;
        _valueDue = false;
        return escaped ? Unescaped(_text[start..end]) : _text[start..end];
    }

    private ReadOnlySpan<byte> Number()
    {
        if (PeekKind() != JsonKind.Number)
            throw Error("expected an integer");
        int length = JsonNumbers.Length(_text, _at);
        ReadOnlySpan<byte> number = _text.Slice(_at, length);
        _at += length;
        _valueDue = false;
        return number;
    }

    private void Literal(ReadOnlySpan<byte> word)
    {
        if (!_text[_at..].StartsWith(word))
            throw Error("expected a value");
        _at += word.Length;
        _valueDue = false;
    }

    private static ReadOnlySpan<byte> Unescaped(ReadOnlySpan<byte> raw)
    {
        byte[] plain = new byte[raw.Length];
        return plain.AsSpan(0, JsonStrings.Unescape(raw, plain));
    }
}
