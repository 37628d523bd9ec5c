using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Qos.Transport;

/// <summary>What a vhost-user vsock back end wants to hear before it connects: <c>CONNECT port</c>, answered by <c>OK n</c>.</summary>
internal static class VhostUserHandshake
{
    /// <summary>No answer is longer: "OK ", ten digits, a newline.</summary>
    internal const int MaxAnswer = 32;

    internal static byte[] Request(uint port) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"CONNECT {port}\n"));

    internal static bool IsAccepted(ReadOnlySpan<byte> line) => line.StartsWith("OK "u8) && line[^1] == (byte)'\n';

    internal static async Task RunAsync(Socket socket, uint port, CancellationToken cancellationToken)
    {
        await socket.SendAsync(Request(port), SocketFlags.None, cancellationToken).ConfigureAwait(false);
        byte[] line = new byte[MaxAnswer];
        int have = 0;
        do
        {
            // One byte at a time: what follows the newline is the enclave's.
            int read = await socket.ReceiveAsync(line.AsMemory(have, 1), SocketFlags.None, cancellationToken).ConfigureAwait(false);
            if (read == 0)
                throw Refused(port);
            have++;
        }
        while (line[have - 1] != '\n' && have < MaxAnswer);

        if (!IsAccepted(line.AsSpan(0, have)))
            throw Refused(port);
    }

    private static TransportException Refused(uint port) =>
        new(TransportError.Unreachable, $"The vsock back end refuses port {port}: nobody listens there in the machine yet.");
}
