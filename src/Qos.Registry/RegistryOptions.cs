using System.Net;

namespace Qos.Registry;

/// <summary>How registries are spoken to.</summary>
public sealed record RegistryOptions
{
    /// <summary>What an image may cost.</summary>
    public RegistryLimits Limits { get; init; } = new();

    /// <summary>Registries, with their ports, that are spoken to without encryption. Those of the loopback are anyway.</summary>
    public IReadOnlyList<string> PlainHosts { get; init; } = [];

    /// <summary>The clock of the limits on time.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal string SchemeOf(string host)
    {
        string name = host.StartsWith('[') ? host[..(host.IndexOf(']', StringComparison.Ordinal) + 1)]
            : host.LastIndexOf(':') is >= 0 and var colon ? host[..colon] : host;
        bool loopback = name == "localhost" || (IPAddress.TryParse(name.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));
        return loopback || PlainHosts.Contains(host, StringComparer.OrdinalIgnoreCase) ? "http" : "https";
    }
}
