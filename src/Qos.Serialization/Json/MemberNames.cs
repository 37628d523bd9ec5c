using System.Buffers;
using System.Runtime.InteropServices;

namespace Qos.Serialization;

/// <summary>The member names of all objects that are open while a text is read, to find one that comes twice.</summary>
/// <remarks>
/// Names are kept as places in the text, on one stack. Small objects are searched name by name. The names of a larger object also go
/// into one hash table, with a hash that is keyed at random for each process, so that a hostile object with a million members costs
/// a million look-ups and no more. An object's names leave in the reverse order of their coming, which keeps linear probing exact without
/// markers for removed entries.
/// </remarks>
internal sealed class MemberNames
{
    private const int SmallObject = 8;

    private readonly int[] _firstOfObject = new int[QosJsonReader.MaxDepth];
    private int _objects;

    // The place of a name's first byte; complemented if the name holds escapes.
    private int[] _names = new int[32];
    private int _count;

    // The hash of each name in the table, at the name's index.
    private uint[] _hashes = [];

    // 0 is free, else the index in _names plus one.
    private int[] _slots = [];
    private int _filled;

    /// <summary>An object starts.</summary>
    public void Open() => _firstOfObject[_objects++] = _count;

    /// <summary>The innermost object ends.</summary>
    public void Close()
    {
        int first = _firstOfObject[_objects - 1];
        if (_count - first > SmallObject)
        {
            for (int index = _count - 1; index >= first; index--)
                _slots[SlotOf(index)] = 0;
            _filled -= _count - first;
        }

        _count = first;
        _objects--;
    }

    /// <summary>Adds a name to the innermost object.</summary>
    /// <param name="text">The text that is read.</param>
    /// <param name="start">Where the name starts in it, behind the quote.</param>
    /// <param name="name">The name without escapes.</param>
    /// <param name="escaped">Whether it had some.</param>
    /// <returns>False if the object has a member of that name already.</returns>
    public bool TryAdd(ReadOnlySpan<byte> text, int start, ReadOnlySpan<byte> name, bool escaped)
    {
        int first = _firstOfObject[_objects - 1];
        int members = _count - first;
        if (members < SmallObject)
        {
            for (int index = first; index < _count; index++)
            {
                if (IsName(text, _names[index], name))
                    return false;
            }

            Push(start, escaped);
            return true;
        }

        if (members == SmallObject)
        {
            for (int index = first; index < _count; index++)
                Place(index, HashAt(text, _names[index]));
        }

        uint hash = Hash(name, _objects);
        for (uint slot = hash; ; slot++)
        {
            int index = _slots[slot & (uint)(_slots.Length - 1)] - 1;
            if (index < 0)
                break;
            if (index >= first && _hashes[index] == hash && IsName(text, _names[index], name))
                return false;
        }

        Push(start, escaped);
        Place(_count - 1, hash);
        return true;
    }

    private void Push(int start, bool escaped)
    {
        if (_count == _names.Length)
            Array.Resize(ref _names, checked(_count * 2));
        _names[_count++] = escaped ? ~start : start;
    }

    private void Place(int index, uint hash)
    {
        if (_hashes.Length < _names.Length)
            Array.Resize(ref _hashes, _names.Length);
        _hashes[index] = hash;
        if ((_filled + 1) * 2L > _slots.Length)
            Grow(index);
        _slots[SlotOf(index)] = index + 1;
        _filled++;
    }

    // Enters all names again that were in the table before the one at the given index, oldest first.
    private void Grow(int upTo)
    {
        _slots = new int[Math.Max(64, checked(_slots.Length * 2))];
        for (int item = 0; item < _objects; item++)
        {
            int first = _firstOfObject[item];
            int end = item + 1 < _objects ? _firstOfObject[item + 1] : _count;
            if (end - first < SmallObject || (end - first == SmallObject && item + 1 < _objects))
                continue;
            for (int index = first; index < Math.Min(end, upTo); index++)
                _slots[SlotOf(index)] = index + 1;
        }
    }

    // Where the name at the index is, or else the free slot where it belongs.
    private uint SlotOf(int index)
    {
        for (uint slot = _hashes[index]; ; slot++)
        {
            int found = _slots[slot & (uint)(_slots.Length - 1)];
            if (found == 0 || found == index + 1)
                return slot & (uint)(_slots.Length - 1);
        }
    }

    private static ReadOnlySpan<byte> RawName(ReadOnlySpan<byte> text, int start) =>
        text[start..JsonStrings.FindEnd(text, start, out _)];

    private static bool IsName(ReadOnlySpan<byte> text, int start, ReadOnlySpan<byte> name)
    {
        if (start >= 0)
        {
            // A name that came with escapes may hold a quote, which one without cannot: else it could match across the end.
            return text[start..].StartsWith(name) && !name.Contains((byte)'"') && text[start + name.Length] == '"';
        }

        ReadOnlySpan<byte> raw = RawName(text, ~start);
        byte[] plain = ArrayPool<byte>.Shared.Rent(raw.Length);
        bool same = plain.AsSpan(0, JsonStrings.Unescape(raw, plain)).SequenceEqual(name);
        ArrayPool<byte>.Shared.Return(plain);
        return same;
    }

    private uint HashAt(ReadOnlySpan<byte> text, int start)
    {
        if (start >= 0)
            return Hash(RawName(text, start), _objects);
        ReadOnlySpan<byte> raw = RawName(text, ~start);
        byte[] plain = ArrayPool<byte>.Shared.Rent(raw.Length);
        uint hash = Hash(plain.AsSpan(0, JsonStrings.Unescape(raw, plain)), _objects);
        ArrayPool<byte>.Shared.Return(plain);
        return hash;
    }

    // The framework's string hash is keyed at random; a last odd byte and the object are mixed in behind it.
    private static uint Hash(ReadOnlySpan<byte> name, int item)
    {
        uint hash = (uint)string.GetHashCode(MemoryMarshal.Cast<byte, char>(name));
        uint last = name.Length % 2 != 0 ? name[^1] + 1u : 0;
        return hash ^ (((uint)item * 0x9e3779b1) + (last * 0x85ebca6b));
    }
}
