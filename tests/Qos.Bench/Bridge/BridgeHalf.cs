using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Qos.Transport;

namespace Qos.Bench.Bridge;

/// <summary>One half of a bridge as a process of its own: TCP addresses as IP:PORT, Unix sockets as paths.</summary>
internal static class BridgeHalf
{
    public static async Task<int> RunAsync(string[] args)
    {
        int threads = args.Length > 2 ? int.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture) : Environment.ProcessorCount;
        await using var pump = new BridgePump(new BridgePumpOptions { Threads = threads });
        pump.Listen(Parse(args[0]), Parse(args[1]), "bench");
        var stop = new TaskCompletionSource();
        using PosixSignalRegistration registration = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => stop.SetResult());
        await stop.Task;
        return 0;
    }

    private static EndPoint Parse(string text) =>
        text.StartsWith('/') ? new UnixDomainSocketEndPoint(text) : IPEndPoint.Parse(text);
}
