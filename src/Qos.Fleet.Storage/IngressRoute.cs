namespace Qos.Fleet.Storage;

/// <summary>Where an app's traffic may go: one ready replica of its live deployment.</summary>
/// <param name="AppId">The app.</param>
/// <param name="Kind">What its users speak.</param>
/// <param name="Port">The TCP port of a TCP app; null when it has none yet.</param>
/// <param name="ReplicaId">The replica.</param>
/// <param name="Address">Where its app is reached, <c>IP:PORT</c>.</param>
public sealed record IngressRoute(string AppId, IngressKind Kind, int? Port, string ReplicaId, string Address);
