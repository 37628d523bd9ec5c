using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Qos.Listening;

/// <summary>What makes a web server's connections of accepted sockets.</summary>
public interface IClientConnections : IDisposable
{
    /// <summary>Makes one, which owns both from then on: it occupies the place, notes its use there and gives it back at its end.</summary>
    /// <exception cref="SocketException">The client is gone already; the caller closes the socket and gives the place back.</exception>
    /// <exception cref="IOException">The process has not what it takes; the same.</exception>
    ConnectionContext Open(Socket socket, ClientPlace place);
}
