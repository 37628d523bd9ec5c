namespace Qos.Serialization;

/// <summary>Decodes hex digits that arrive in chunks of any length; a digit without its partner waits for the next chunk.</summary>
/// <remarks>A mutable value: keep it in one place and do not copy it.</remarks>
public struct HexDecoder
{
    private byte _waiting;
    private bool _isWaiting;

    /// <summary>How many digits have been taken.</summary>
    public long Digits { get; private set; }

    /// <summary>How many bytes the next <paramref name="digits"/> digits complete.</summary>
    public readonly int CountFor(int digits) => (int)(((long)digits + (_isWaiting ? 1 : 0)) / 2);

    /// <summary>Takes the next digits.</summary>
    /// <param name="utf8Hex">Digits, an odd or even number of them.</param>
    /// <param name="destination">At least <see cref="CountFor"/> bytes.</param>
    /// <returns>How many bytes were written.</returns>
    /// <exception cref="EncodingException">A character is no digit; its offset counts from the first chunk's start.</exception>
    public int Decode(ReadOnlySpan<byte> utf8Hex, Span<byte> destination)
    {
        ReadOnlySpan<byte> rest = utf8Hex;
        int written = 0;
        if (_isWaiting && rest.Length > 0)
        {
            if (!Hex.TryDecode([_waiting, rest[0]], destination[..1]))
                throw new EncodingException("expected a hex digit", char.IsAsciiHexDigit((char)_waiting) ? Digits : Digits - 1);
            rest = rest[1..];
            written = 1;
            _isWaiting = false;
            Digits++;
        }

        int pairs = rest.Length / 2;
        if (!Hex.TryDecode(rest[..(pairs * 2)], destination.Slice(written, pairs)))
            throw Hex.NotADigit(rest, Digits);
        Digits += pairs * 2L;
        if (rest.Length % 2 != 0)
        {
            _waiting = rest[^1];
            _isWaiting = true;
            Digits++;
        }

        return written + pairs;
    }

    /// <summary>Says that the last digit has been taken.</summary>
    /// <exception cref="EncodingException">One digit is left without a partner.</exception>
    public readonly void Finish()
    {
        if (_isWaiting)
            throw Hex.OddLength(Digits);
    }
}
