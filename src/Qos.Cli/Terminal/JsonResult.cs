using Qos.Client;
using Qos.Serialization;

namespace Qos.Cli;

/// <summary>A result for machines: one line of JSON on standard output.</summary>
internal static class JsonResult
{
    /// <summary>Writes it.</summary>
    public static void Write(Terminal terminal, Action<QosJsonWriter> write)
    {
        using var writer = new QosJsonWriter(JsonForm.Plain);
        write(writer);
        Write(terminal, writer.Written);
    }

    /// <summary>Writes what is JSON already.</summary>
    public static void Write(Terminal terminal, ReadOnlySpan<byte> json) => Write(terminal.Output, json);

    /// <summary>Writes what is JSON already, to one of the streams.</summary>
    public static void Write(TextWriter output, ReadOnlySpan<byte> json) => output.WriteLine(VisibleJson.From(json));

    /// <summary>Writes a member that is a string.</summary>
    public static void Member(this QosJsonWriter writer, string name, string? value)
    {
        writer.WritePropertyName(name);
        if (value is null)
            writer.WriteNull();
        else
            writer.WriteString(value);
    }

    /// <summary>Writes a member that is hex.</summary>
    public static void Member(this QosJsonWriter writer, string name, ReadOnlySpan<byte> value)
    {
        writer.WritePropertyName(name);
        writer.WriteHex(value);
    }

    /// <summary>Writes a member that is a list of strings.</summary>
    public static void Member(this QosJsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WritePropertyName(name);
        writer.BeginArray();
        foreach (string value in values)
            writer.WriteString(value);
        writer.EndArray();
    }
}
