using System.Net;

namespace Qos.Transport;

/// <summary>What a bridge connects to: one address, or addresses that are asked for again for each connection. Format: docs/protocol/host.md, Bridges.</summary>
public sealed class BridgeTarget
{
    private readonly Func<ValueTask<IReadOnlyList<EndPoint>>>? _find;

    /// <summary>An address that stays the same; nobody needs to listen there yet.</summary>
    public BridgeTarget(EndPoint address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Known = address;
        Name = address.ToString()!;
    }

    /// <summary>Addresses that are asked for with each connection and tried in their order until one accepts.</summary>
    /// <param name="name">What it is called in logs.</param>
    /// <param name="find">
    /// Finds them. Called on a loop's thread, so it must not block; what it throws refuses the connection. It bounds its own time and shares
    /// answers between connections that come at the same moment.
    /// </param>
    public BridgeTarget(string name, Func<ValueTask<IReadOnlyList<EndPoint>>> find)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(find);
        Name = name;
        _find = find;
    }

    /// <summary>What it is called in logs.</summary>
    public string Name { get; }

    internal EndPoint? Known { get; }

    internal ValueTask<IReadOnlyList<EndPoint>> FindAsync() => _find!();
}
