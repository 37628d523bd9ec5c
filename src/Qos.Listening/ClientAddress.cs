using System.Net;
using System.Net.Sockets;

namespace Qos.Listening;

/// <summary>What counts as one client.</summary>
public static class ClientAddress
{
    /// <summary>A client's address as text; of IPv6 the first half, because whoever has one address has the whole of the second.</summary>
    /// <param name="address">Null for a client without one, which counts as one client with all others without.</param>
    public static string Of(IPAddress? address)
    {
        if (address is null)
            return "";
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4().ToString();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address.ToString();
        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes) + "/64";
    }
}
