using Qos.Protocol;
using Qos.Serialization;

namespace Qos.Cli;

/// <summary>What went wrong, as one line on standard error: text, or JSON for a program that asked for JSON.</summary>
internal sealed class Complaints(Terminal terminal, bool isJson)
{
    /// <summary>Writes it.</summary>
    /// <param name="status">The exit status, which is given back.</param>
    /// <param name="message">What went wrong.</param>
    /// <param name="code">The protocol's name of a node's refusal.</param>
    public int Write(int status, string message, string? code = null)
    {
        terminal.Output.Flush();
        string line = VisibleText.OneLine(message);
        if (!isJson)
        {
            terminal.Error.WriteLine($"qos: {line}");
            return status;
        }

        using var writer = new QosJsonWriter(JsonForm.Plain);
        writer.BeginObject();
        writer.Member("error", line);
        if (code is not null)
            writer.Member("code", code);
        writer.WritePropertyName("status");
        writer.WriteInteger((long)status);
        writer.EndObject();
        JsonResult.Write(terminal.Error, writer.Written);
        return status;
    }
}
