namespace Qos.Eif;

/// <summary>A section to be written: what it is, and where its bytes come from. Format: docs/protocol/eif.md, File.</summary>
public sealed class EifPart
{
    private readonly EifPartSource _source;
    private readonly long _offset;
    private readonly bool _whole;

    private EifPart(EifSectionType type, EifPartSource source, long offset, long size, bool whole)
    {
        Type = type;
        _source = source;
        _offset = offset;
        Size = size;
        _whole = whole;
    }

    /// <summary>What the section holds.</summary>
    public EifSectionType Type { get; }

    /// <summary>Bytes of its data.</summary>
    public long Size { get; }

    /// <summary>A section from a whole file or from memory.</summary>
    public static EifPart From(EifSectionType type, EifPartSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new EifPart(type, source, 0, source.Length, whole: true);
    }

    /// <summary>A section from memory.</summary>
    public static EifPart FromBytes(EifSectionType type, byte[] bytes) =>
        From(type, EifPartSource.FromBytes(EifFormat.NameOf(type), bytes));

    /// <summary>A section of another image.</summary>
    public static EifPart FromSection(EifPartSource image, EifSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return new EifPart(section.Type, image, section.DataOffset, section.Size, whole: false);
    }

    /// <summary>Hands over the bytes, a buffer at a time.</summary>
    /// <exception cref="EifException">There are fewer or more than there were.</exception>
    internal void Read(byte[] buffer, Action<ReadOnlyMemory<byte>> take)
    {
        using Stream stream = _source.Open();
        if (_offset > 0)
            stream.Seek(_offset, SeekOrigin.Begin);
        for (long left = Size; left > 0;)
        {
            int length = stream.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
            if (length == 0)
                throw Changed();
            take(buffer.AsMemory(0, length));
            left -= length;
        }

        if (_whole && stream.Read(buffer, 0, 1) != 0)
            throw Changed();
    }

    private EifException Changed() => new($"{_source.Name} changed while it was read: it had {Size} bytes.");
}
