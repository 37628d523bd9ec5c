using System.Net;

namespace Qos.Protocol;

/// <summary>The enclave's name servers, V2 only. Format: docs/protocol/manifest.md.</summary>
/// <param name="Resolvers">IPv4 or IPv6 addresses without scope, in order of preference.</param>
public sealed record DnsConfig(IReadOnlyList<IPAddress> Resolvers);
