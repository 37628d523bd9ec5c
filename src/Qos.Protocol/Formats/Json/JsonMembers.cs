using System.Text;
using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>What all readers of objects share: every member is known, comes once (the reader sees to that), and none is missing.</summary>
internal static class JsonMembers
{
    /// <summary>Reads one value.</summary>
    internal delegate T Reading<T>(ref QosJsonReader reader);

    /// <summary>The error for a member that the schema does not have.</summary>
    internal static EncodingException Unknown(ref QosJsonReader reader, ReadOnlySpan<byte> name)
    {
        string shown = Encoding.UTF8.GetString(name[..Math.Min(name.Length, 40)]);
        return reader.Error($"unknown member \"{VisibleText.Escape(shown)}\"");
    }

    /// <summary>The error for a member that is not there.</summary>
    internal static EncodingException Missing(ref QosJsonReader reader, string name) =>
        reader.Error($"the member \"{name}\" is missing");

    /// <summary>Reads an array of at most <paramref name="max"/> elements.</summary>
    internal static List<T> ReadList<T>(ref QosJsonReader reader, int max, Reading<T> read)
    {
        var list = new List<T>();
        reader.BeginArray();
        while (reader.NextElement())
        {
            if (list.Count == max)
                throw reader.Error($"more than {max} elements");
            list.Add(read(ref reader));
        }

        return list;
    }

    /// <summary>Writes an array.</summary>
    internal static void WriteList<T>(QosJsonWriter writer, IReadOnlyList<T> list, Action<QosJsonWriter, T> write)
    {
        writer.BeginArray();
        foreach (T item in list)
            write(writer, item);
        writer.EndArray();
    }

    /// <summary>The plain form: declaration order, numbers as numbers.</summary>
    internal static byte[] Plain<T>(T value, Action<QosJsonWriter, T> write)
    {
        using var writer = new QosJsonWriter(JsonForm.Plain);
        write(writer, value);
        return writer.ToArray();
    }

    /// <summary>The canonical form, derived from the plain one so that every type has its members listed once.</summary>
    internal static byte[] Canonical<T>(T value, Action<QosJsonWriter, T> write)
    {
        using var writer = new QosJsonWriter(JsonForm.Plain);
        write(writer, value);
        return CanonicalJson.Canonicalize(writer.Written);
    }
}
