using System.Net;
using System.Net.Sockets;
using Qos.Protocol;
using Qos.Transport;

namespace Qos.Host;

/// <summary>
/// The addresses of a client bridge's name, IPv6 and IPv4 in the system's order (RFC 6724), asked for with each connection: what the name leads to
/// may move. Connections that come together share an answer, and one that is a second old is still good.
/// </summary>
/// <param name="host">The name as the manifest has it; it may be one that no resolver takes.</param>
/// <param name="port">The port.</param>
/// <param name="time">The clock.</param>
/// <param name="resolve">Asks the resolver; by default the system's.</param>
internal sealed class ResolvedName(string host, ushort port, TimeProvider time, Func<string, Task<IPAddress[]>>? resolve = null)
{
    /// <summary>How long the resolver may take.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>How long an answer is used.</summary>
    internal static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Func<string, Task<IPAddress[]>> _resolve = resolve ?? (static name => Task.Run(() => Dns.GetHostAddressesAsync(name)));
    private Task<IReadOnlyList<EndPoint>>? _answer;
    private long _askedAt;

    /// <summary>The addresses. Never blocks.</summary>
    /// <exception cref="TransportException">The name has none, or the resolver does not answer.</exception>
    public ValueTask<IReadOnlyList<EndPoint>> FindAsync()
    {
        lock (_gate)
        {
            bool isGood = _answer is { IsFaulted: false } && (!_answer.IsCompleted || time.GetElapsedTime(_askedAt) < Fresh);
            if (!isGood)
            {
                _askedAt = time.GetTimestamp();
                _answer = AskAsync();
            }

            return new ValueTask<IReadOnlyList<EndPoint>>(_answer!);
        }
    }

    private async Task<IReadOnlyList<EndPoint>> AskAsync()
    {
        IPAddress[] addresses;
        try
        {
            addresses = await _resolve(host).WaitAsync(Patience, time).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw Unknown($"is not resolved within {Patience.TotalSeconds:0} s", e);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            // Longer than a name may be, or not a name: a manifest may hold anything.
            throw Unknown($"cannot be resolved ({e.Message})", e);
        }

        return addresses.Length > 0 ? [.. addresses.Select(address => new IPEndPoint(address, port))] : throw Unknown("has no address");
    }

    private TransportException Unknown(string what, Exception? inner = null) =>
        new(TransportError.Unreachable, $"'{VisibleText.Escape(host.Length <= 64 ? host : host[..64] + "...")}' {what}", inner);
}
