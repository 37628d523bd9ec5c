using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary>A port of the app, and where it is reached on this machine: <c>3000</c>, or <c>8080:3000</c> as docker has it.</summary>
/// <param name="Outer">On this machine's loopback.</param>
/// <param name="Inner">In the enclave.</param>
internal readonly record struct DevPort(ushort Outer, ushort Inner)
{
    /// <summary>Reads it.</summary>
    /// <exception cref="FormatException">It has another form.</exception>
    public static DevPort Parse(string text)
    {
        string[] parts = text.Split(':');
        return parts.Length <= 2 && TryPort(parts[0], out ushort outer) && TryPort(parts[^1], out ushort inner)
            ? new DevPort(outer, inner)
            : throw new FormatException($"'{VisibleText.Escape(text)}' is not a port: write 3000, or 8080:3000 for port 3000 of the app at this machine's 8080");
    }

    /// <summary>A port of the loopback that nothing listens on.</summary>
    public static int Free()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    private static bool TryPort(string text, out ushort port) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port != 0;
}
