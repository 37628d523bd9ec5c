using System.Buffers;
using System.Text;

namespace Qos.Serialization;

/// <summary>Takes one long hex string out of a JSON message while the message arrives, so that memory does not grow with it.</summary>
/// <remarks>
/// <para>Everything but the contents of that string is retained, with the empty string in its place, and is then read by
/// <see cref="QosJsonReader"/>. This class judges only what it must to find the string; because it leaves out nothing but hex digits between two quotes,
/// the retained text is strict JSON exactly if the whole message is, and whatever it misjudged in malformed text is refused there.</para>
/// <para>A name written with escapes is not recognised: its value is retained, and has to fit. After an exception the object is of no further use.</para>
/// <para>Format: docs/protocol/messages.md, Transport (memory grows with what has arrived) and Standard boot.</para>
/// </remarks>
public sealed class StreamedMember : IDisposable
{
    // Decoded bytes; that many pairs of digits are taken at a time.
    private const int BlockLength = 16 * 1024;

    private readonly (byte[] Outer, byte[] Inner)[] _paths;
    private readonly IStreamedMemberSink _sink;
    private readonly int _maxRetained;
    private readonly long _maxStreamed;
    private readonly ByteBuffer _retained = new();
    private byte[] _block = [];
    private HexDecoder _decoder;
    private long _streamStart;
    private Place _place;
    private bool _escape;
    private bool _isName;
    private bool _afterColon;
    private int _nameStart;
    private int _depth;

    // One bit for each open level, the innermost is bit 0.
    private ulong _isObject;

    // One bit for each path: which of them the current names at depth 1 and 2 fit.
    private uint _outerFits;
    private uint _innerFits;

    /// <summary>Starts a message.</summary>
    /// <param name="paths">Which member to stream; at most one of these may be in a message, once.</param>
    /// <param name="sink">Takes the member's bytes.</param>
    /// <param name="maxRetained">How many bytes of text to retain at most.</param>
    /// <param name="maxStreamed">How many bytes, decoded, the member may have.</param>
    public StreamedMember(IReadOnlyList<StreamedMemberPath> paths, IStreamedMemberSink sink, int maxRetained, long maxStreamed)
    {
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(paths.Count, 32);
        _paths = [.. paths.Select(static path => (Encoding.UTF8.GetBytes(path.Outer), Encoding.UTF8.GetBytes(path.Inner)))];
        _sink = sink;
        _maxRetained = maxRetained;
        _maxStreamed = maxStreamed;
    }

    private enum Place
    {
        Structure,
        Text,
        Streamed,
    }

    /// <summary>Whether the member has come.</summary>
    public bool WasStreamed { get; private set; }

    /// <summary>How many bytes the sink has got.</summary>
    public long StreamedBytes { get; private set; }

    /// <summary>The text that is kept so far: while the member is streamed, everything before it. Until the next call.</summary>
    public ReadOnlySpan<byte> Retained => _retained.Written;

    /// <summary>How many bytes of the message have been taken.</summary>
    public long Offset { get; private set; }

    /// <summary>Takes the next part of the message.</summary>
    /// <exception cref="EncodingException">
    /// A limit is exceeded, the member comes a second time, or there is something else than hex digits in it.
    /// </exception>
    public void Feed(ReadOnlySpan<byte> chunk)
    {
        while (!chunk.IsEmpty)
        {
            int taken = _place switch
            {
                Place.Structure => Structure(chunk),
                Place.Text => Text(chunk),
                _ => Streamed(chunk),
            };
            Offset += taken;
            chunk = chunk[taken..];
        }
    }

    /// <summary>Ends the message and gives the text without the streamed string's contents; it lives until <see cref="Dispose"/>.</summary>
    /// <exception cref="EncodingException">The streamed string has not ended.</exception>
    public ReadOnlyMemory<byte> Complete() => _place != Place.Streamed
        ? _retained.WrittenMemory
        : throw new EncodingException("the message ends inside a string", Offset);

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        _retained.Dispose();
        if (_block.Length > 0)
            ArrayPool<byte>.Shared.Return(_block);
        _block = [];
    }

    // Goes to the end of the chunk or behind the quote that starts a string.
    private int Structure(ReadOnlySpan<byte> chunk)
    {
        for (int at = 0; at < chunk.Length; at++)
        {
            switch (chunk[at])
            {
                case (byte)'"':
                    Retain(chunk[..(at + 1)]);
                    StartString(Offset + at);
                    return at + 1;
                case (byte)':':
                    _afterColon = true;
                    break;
                case (byte)',':
                    _afterColon = false;
                    break;
                case (byte)'{' or (byte)'[':
                    Enter(chunk[at] == '{', Offset + at);
                    break;
                case (byte)'}' or (byte)']':
                    if (--_depth < 0)
                        throw new EncodingException("more closing brackets than opening ones", Offset + at);
                    _isObject >>>= 1;
                    _afterColon = false;
                    break;
            }
        }

        Retain(chunk);
        return chunk.Length;
    }

    // Inside a retained string.
    private int Text(ReadOnlySpan<byte> chunk)
    {
        if (_escape)
        {
            Retain(chunk[..1]);
            _escape = false;
            return 1;
        }

        int special = chunk.IndexOfAny((byte)'"', (byte)'\\');
        int taken = special < 0 ? chunk.Length : special + 1;
        Retain(chunk[..taken]);
        if (special < 0)
            return taken;
        if (chunk[special] == '\\')
        {
            _escape = true;
            return taken;
        }

        _place = Place.Structure;
        if (_isName)
            TakeName(_retained.Written[_nameStart..^1]);
        return taken;
    }

    private int Streamed(ReadOnlySpan<byte> chunk)
    {
        int quote = chunk.IndexOf((byte)'"');
        ReadOnlySpan<byte> digits = quote < 0 ? chunk : chunk[..quote];
        for (ReadOnlySpan<byte> rest = digits; !rest.IsEmpty;)
        {
            ReadOnlySpan<byte> part = rest[..Math.Min(rest.Length, 2 * BlockLength)];
            int written = Decode(part);
            if (written > _maxStreamed - StreamedBytes)
                throw new EncodingException($"the streamed member is longer than {_maxStreamed} bytes", _streamStart);
            StreamedBytes += written;
            if (written > 0)
                _sink.Write(_block.AsSpan(0, written));
            rest = rest[part.Length..];
        }

        if (quote < 0)
            return chunk.Length;
        if (_decoder.Digits % 2 != 0)
            throw new EncodingException("the streamed member has an odd number of hex digits", Offset + quote);
        Retain("\""u8);
        _place = Place.Structure;
        return quote + 1;
    }

    private int Decode(ReadOnlySpan<byte> digits)
    {
        try
        {
            return _decoder.Decode(digits, _block);
        }
        catch (EncodingException refusal)
        {
            // The decoder counts from the string's first digit.
            throw new EncodingException("the streamed member holds something else than hex digits", _streamStart + 1 + refusal.Offset);
        }
    }

    private void Enter(bool isObject, long offset)
    {
        if (_depth == QosJsonReader.MaxDepth)
            throw new EncodingException("more than 64 levels of arrays and objects", offset);
        _depth++;
        _isObject = (_isObject << 1) | (isObject ? 1ul : 0);
        _afterColon = false;
        if (_depth == 1)
            _outerFits = 0;
        if (_depth <= 2)
            _innerFits = 0;
    }

    private void StartString(long offset)
    {
        bool inObject = (_isObject & 1) != 0;
        if (_depth == 2 && inObject && _afterColon && (_outerFits & _innerFits) != 0)
        {
            if (WasStreamed)
                throw new EncodingException("a streamed member comes a second time", offset);
            WasStreamed = true;
            _streamStart = offset;
            _block = ArrayPool<byte>.Shared.Rent(BlockLength);
            _place = Place.Streamed;
            return;
        }

        _place = Place.Text;
        _isName = inObject && !_afterColon && _depth <= 2;
        _nameStart = _retained.Written.Length;
    }

    private void TakeName(ReadOnlySpan<byte> name)
    {
        uint fits = 0;
        for (int path = 0; path < _paths.Length; path++)
        {
            if (name.SequenceEqual(_depth == 1 ? _paths[path].Outer : _paths[path].Inner))
                fits |= 1u << path;
        }

        if (_depth == 1)
            _outerFits = fits;
        else
            _innerFits = fits;
    }

    private void Retain(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _maxRetained - _retained.Count)
            throw new EncodingException($"the message has more than {_maxRetained} bytes besides the streamed member", Offset);
        _retained.Write(bytes);
    }
}
