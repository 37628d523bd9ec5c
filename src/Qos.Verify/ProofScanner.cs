using System.Buffers;
using Qos.Serialization;

namespace Qos.Verify;

/// <summary>Finds where the objects of a stream begin and end; what is in them is the parser's business.</summary>
internal sealed class ProofScanner(Stream stream)
{
    private const int BlockSize = 64 * 1024;

    private static readonly SearchValues<byte> s_structure = SearchValues.Create("\"{}[]"u8);

    private readonly byte[] _block = new byte[BlockSize];
    private byte[] _proof = new byte[BlockSize];
    private int _at;
    private int _count;
    private long _blockOffset;
    private long _line = 1;
    private long _number;

    private Place _place = Place.Start;
    private bool _isInArray;
    private int _length;
    private long _firstLine;
    private int _depth;
    private bool _isInString;
    private bool _isEscaped;

    /// <summary>Between what the next byte lies.</summary>
    private enum Place
    {
        Start,
        BetweenObjects,
        AfterBracket,
        AfterComma,
        AfterElement,
        AfterArray,
        InObject,
    }

    /// <summary>The next object, or null at the end.</summary>
    public ProofObject? Next()
    {
        _length = 0;
        while (_at < _count || Fill())
        {
            if (_place != Place.InObject)
                Step(_block[_at]);
            else if (Take())
                return new ProofObject(++_number, _firstLine, _isInArray, _proof.AsMemory(0, _length));
        }

        return _place switch
        {
            Place.InObject => throw Error("the input ends within a proof"),
            Place.AfterBracket or Place.AfterComma or Place.AfterElement => throw Error("the input ends within its array"),
            _ => null,
        };
    }

    private bool Fill()
    {
        _blockOffset += _count;
        _at = 0;
        _count = stream.Read(_block);
        return _count > 0;
    }

    /// <summary>One byte between objects; the first one of an object stays where it is.</summary>
    private void Step(byte next)
    {
        if (next is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            if (next == '\n')
                _line++;
        }
        else
        {
            _place = (_place, (char)next) switch
            {
                (Place.Start or Place.BetweenObjects or Place.AfterBracket or Place.AfterComma, '{') => Place.InObject,
                (Place.Start, '[') => Place.AfterBracket,
                (Place.AfterElement, ',') => Place.AfterComma,
                (Place.AfterBracket or Place.AfterElement, ']') => Place.AfterArray,
                (Place.AfterElement, _) => throw Error("expected a comma or the array's end"),
                (Place.AfterArray, _) => throw Error("expected nothing behind the array"),
                _ => throw Error("expected a proof, an object"),
            };
            _isInArray |= _place == Place.AfterBracket;
            if (_place == Place.InObject)
            {
                _firstLine = _line;
                return;
            }
        }

        _at++;
    }

    /// <summary>Takes what of the block belongs to the object; true when that is its end.</summary>
    private bool Take()
    {
        int start = _at;
        bool isComplete = false;
        while (_at < _count && !isComplete)
        {
            if (_isEscaped)
            {
                _isEscaped = false;
                _at++;
            }
            else if (_isInString)
                TakeString();
            else
                isComplete = TakeStructure();
        }

        Append(_block.AsSpan(start, _at - start));
        if (isComplete)
            _place = _isInArray ? Place.AfterElement : Place.BetweenObjects;
        return isComplete;
    }

    private void TakeString()
    {
        int found = _block.AsSpan(_at, _count - _at).IndexOfAny((byte)'"', (byte)'\\');
        if (found < 0)
        {
            _at = _count;
            return;
        }

        _at += found + 1;
        _isInString = _block[_at - 1] != '"';
        _isEscaped = _isInString;
    }

    private bool TakeStructure()
    {
        int found = _block.AsSpan(_at, _count - _at).IndexOfAny(s_structure);
        if (found < 0)
        {
            _at = _count;
            return false;
        }

        _at += found + 1;
        switch (_block[_at - 1])
        {
            case (byte)'"':
                _isInString = true;
                return false;
            case (byte)'{' or (byte)'[':
                // The parser's limit, known here already: what nests without end is not collected first.
                if (++_depth > QosJsonReader.MaxDepth)
                    throw Error($"the proof nests deeper than {QosJsonReader.MaxDepth} levels");
                return false;
            default:
                return --_depth == 0;
        }
    }

    private void Append(ReadOnlySpan<byte> piece)
    {
        if (piece.Length > ProofStream.MaxProofBytes - _length)
            throw Error($"the proof is longer than {ProofStream.MaxProofBytes} bytes");
        if (piece.Length > _proof.Length - _length)
            Array.Resize(ref _proof, Math.Min(Math.Max(2 * _proof.Length, _length + piece.Length), ProofStream.MaxProofBytes));
        piece.CopyTo(_proof.AsSpan(_length));
        _length += piece.Length;
        _line += piece.Count((byte)'\n');
    }

    private EncodingException Error(string message)
    {
        string where = _place == Place.InObject ? $"in proof {_number + 1}, which begins on line {_firstLine}"
            : _number > 0 ? $"behind proof {_number}, on line {_line}"
            : $"on line {_line}";
        return new($"{message}, {where}", _blockOffset + _at);
    }
}
