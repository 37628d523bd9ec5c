using System.Net.Sockets;
using Qos.Protocol;
using Qos.Transport;

namespace Qos.Init;

/// <summary>Tells the hypervisor that the enclave lives. Format: docs/protocol/eif.md, What init does, 2.</summary>
/// <remarks>
/// On a thread of its own: outside of AWS no process listens there, which costs seconds to find out, and no part of the boot waits for the answer. So
/// its failure does not stop the machine either; a hypervisor that misses the heartbeat does that itself.
/// </remarks>
internal static class Heartbeat
{
    private const byte Beat = 0xB7;
    private const int TimeoutMilliseconds = 10_000;

    /// <summary>Starts the thread.</summary>
    public static void Start(BootLog log) =>
        new Thread(() => log.Say(Send(new VsockEndPoint(VsockEndPoint.ParentCid, BootChecks.HeartbeatPort)))) { IsBackground = true, Name = "heartbeat" }.Start();

    private static string Send(VsockEndPoint parent)
    {
        try
        {
            using Socket socket = VsockEndPoint.CreateSocket();
            socket.SendTimeout = TimeoutMilliseconds;
            socket.ReceiveTimeout = TimeoutMilliseconds;
            socket.Connect(parent);
            socket.Send([Beat]);
            byte[] answer = new byte[1];
            return socket.Receive(answer) == 1 && answer[0] == Beat
                ? $"heartbeat: {parent} answered"
                : $"heartbeat: {parent} gave another answer than 0xB7";
        }
        catch (Exception e) when (e is SocketException or TransportException)
        {
            return $"heartbeat: {parent} does not answer ({e.Message}); only AWS's hypervisor listens there";
        }
    }
}
