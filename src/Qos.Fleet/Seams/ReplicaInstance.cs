using System.Net;

namespace Qos.Fleet;

/// <summary>A replica as a runner sees it: a claim of the machine that it runs on, and nothing more.</summary>
/// <param name="ReplicaId">The replica.</param>
/// <param name="State">Whether it runs.</param>
/// <param name="Host">The base URL of its <c>qos-host</c>; null until there is one.</param>
/// <param name="Ports">Where the app's ports are reached, by the manifest's port.</param>
/// <param name="Detail">Why it is not running, for people.</param>
public sealed record ReplicaInstance(
    string ReplicaId, InstanceState State, Uri? Host, IReadOnlyDictionary<ushort, IPEndPoint> Ports, string? Detail = null);
