using Qos.Listening;
using Qos.Native;
using Tmds.Linux;

namespace Qos.Control;

/// <summary>How many connections there may be, by the descriptors that the process may have: however many clients come, files, databases and replicas go on.</summary>
/// <param name="descriptors">How many the process may have.</param>
internal sealed class ConnectionLimits(int descriptors)
{
    private const int MostClients = 20_000;
    private const int MostTcp = 4096;

    /// <summary>Of clients, at the ingress and at the API each.</summary>
    public int Clients => Math.Min(MostClients, descriptors / 4);

    /// <summary>Further ones at each, until those are gone that were closed for them.</summary>
    public int Exchanged => ClientPlaces.ExchangedOf(Clients);

    /// <summary>The places of clients at one of the two.</summary>
    public ClientPlaces Places(TimeProvider time) => new(Clients, Exchanged, time);

    /// <summary>Of the ingress's clients and to replicas together. One client's connection may carry a hundred requests, each on one of its own to a replica.</summary>
    public int Ingress => Clients + (descriptors / 4);

    /// <summary>Requests that one replica has at a time: one app's clients do not take the others' connections.</summary>
    public int RequestsOfReplica => Math.Min(MostClients, descriptors / 8);

    /// <summary>Of clients at the ports of TCP apps; each has another one to a replica.</summary>
    public int Tcp => Math.Min(MostTcp, descriptors / 16);

    /// <summary>Of those, one app's.</summary>
    public int TcpOfApp => Tcp / 4;

    /// <summary>Those of this process, which from now on may have as many descriptors as it is allowed: a shell's and systemd's first limit is 1,024.</summary>
    public static unsafe ConnectionLimits OfProcess()
    {
        ResourceLimit limit;
        if (LibC.getrlimit(LibC.RLIMIT_NOFILE, &limit) != 0)
            return new ConnectionLimits(1024);
        nuint before = limit.rlim_cur;
        limit.rlim_cur = limit.rlim_max;
        if (LibC.setrlimit(LibC.RLIMIT_NOFILE, &limit) != 0)
            limit.rlim_cur = before;
        return new ConnectionLimits((int)Math.Min(limit.rlim_cur, 1 << 20));
    }
}
