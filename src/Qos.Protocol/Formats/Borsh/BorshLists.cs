using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>Vectors and options in Borsh. Format: docs/protocol/encoding.md, Borsh.</summary>
internal static class BorshLists
{
    /// <summary>Reads one value.</summary>
    internal delegate T Reading<T>(ref BorshReader reader);

    internal static List<T> Read<T>(ref BorshReader reader, int max, int minElementSize, Reading<T> read)
    {
        int count = reader.ReadCount(minElementSize);
        if (count > max)
            throw reader.Error($"more than {max} elements");
        var list = new List<T>(count);
        for (int index = 0; index < count; index++)
            list.Add(read(ref reader));
        return list;
    }

    internal static void Write<T>(BorshWriter writer, IReadOnlyList<T> list, Action<BorshWriter, T> write)
    {
        writer.WriteCount(list.Count);
        foreach (T item in list)
            write(writer, item);
    }

    internal static ReadOnlyMemory<byte>? ReadOptionalBytes(ref BorshReader reader, int max) =>
        (reader.ReadOption() ? reader.ReadBytes(max) : null).AsOptional();

    internal static void WriteOptionalBytes(BorshWriter writer, ReadOnlyMemory<byte>? bytes)
    {
        writer.WriteOption(bytes is not null);
        if (bytes is { } value)
            writer.WriteBytes(value.Span);
    }

    internal static byte[] Encode<T>(T value, Action<BorshWriter, T> write)
    {
        using var writer = new BorshWriter();
        write(writer, value);
        return writer.ToArray();
    }
}
