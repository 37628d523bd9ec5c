using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Qos.Protocol;

/// <summary>
/// Addresses as text: one text for each address, because a manifest's hash is taken over it. IPv6 as RFC 5952 has it, an IPv4-mapped
/// address with dots, no other with dots.
/// </summary>
internal static class AddressText
{
    internal static bool TryParse(string text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (!text.Contains(':', StringComparison.Ordinal))
            return TryParseV4(text, out address);

        // The framework takes scopes, brackets and ports too, and is lenient about the dotted part.
        foreach (char c in text)
        {
            if (!char.IsAsciiHexDigit(c) && c != ':' && c != '.')
                return false;
        }

        if (text.Contains('.', StringComparison.Ordinal) && !TryParseV4(text[(text.LastIndexOf(':') + 1)..], out _))
            return false;
        return IPAddress.TryParse(text, out address) && address.AddressFamily == AddressFamily.InterNetworkV6;
    }

    internal static string Format(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return address.ToString();
        if (address.IsIPv4MappedToIPv6)
            return "::ffff:" + address.MapToIPv4();

        byte[] bytes = address.GetAddressBytes();
        Span<int> groups = stackalloc int[8];
        for (int index = 0; index < 8; index++)
            groups[index] = (bytes[2 * index] << 8) | bytes[(2 * index) + 1];

        (int start, int length) = LongestZeros(groups);
        var text = new StringBuilder(40);
        for (int index = 0; index < 8; index++)
        {
            if (index == start)
            {
                text.Append("::");
                index += length - 1;
                continue;
            }

            if (index > 0 && index != start + length)
                text.Append(':');
            text.Append(groups[index].ToString("x", CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    private static bool TryParseV4(string text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        string[] parts = text.Split('.');
        if (parts.Length != 4)
            return false;
        byte[] bytes = new byte[4];
        for (int index = 0; index < 4; index++)
        {
            string part = parts[index];
            if (part.Length is 0 or > 3 || (part.Length > 1 && part[0] == '0')
                || !byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out bytes[index]))
                return false;
        }

        address = new IPAddress(bytes);
        return true;
    }

    // The first longest run of at least two zero groups, or -1.
    private static (int Start, int Length) LongestZeros(ReadOnlySpan<int> groups)
    {
        (int start, int length) = (-1, 0);
        for (int index = 0; index < 8; index++)
        {
            int run = 0;
            while (index + run < 8 && groups[index + run] == 0)
                run++;
            if (run > 1 && run > length)
                (start, length) = (index, run);
            index += run;
        }

        return (start, length);
    }
}
