using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace Qos.Local;

/// <summary>Where programs listen in the network of a process, as <c>/proc/PID/net</c> tells it: also where that is not this machine's.</summary>
public static class ListeningSockets
{
    private const string Listening = "0A";

    /// <summary>The TCP sockets that listen there; none when the process has ended.</summary>
    /// <param name="process">The process.</param>
    public static IReadOnlyList<IPEndPoint> Of(int process) => [.. Read(process, "tcp"), .. Read(process, "tcp6")];

    private static IEnumerable<IPEndPoint> Read(int process, string table)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/net/{table}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            yield break;
        }

        foreach (string line in lines.Skip(1))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is [_, var local, _, Listening, ..] && local.Split(':') is [var address, var port])
                yield return new IPEndPoint(Address(address), int.Parse(port, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        }
    }

    // Words of 32 bits, each in the machine's own byte order.
    private static IPAddress Address(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        for (int i = 0; i < bytes.Length; i += sizeof(uint))
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(i), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(i)));
        return new IPAddress(bytes);
    }
}
