using System.Globalization;
using Qos.Keys;

namespace Qos.Protocol;

/// <summary>
/// What a manifest must hold to beyond its approvals before a node changes anything for it. Format: docs/protocol/manifest.md, "Ours, at boot".
/// </summary>
/// <remarks>
/// The protocol has no error of its own for the first and the third of these; what the others carry is in
/// <c>docs/protocol-notes.md</c>.
/// </remarks>
public static class BootChecks
{
    /// <summary>The vsock port of the control protocol.</summary>
    public const ushort ControlPort = 3;

    /// <summary>The parent's vsock port that a starting enclave reports to; a <c>client</c> bridge would take it from the host's end.</summary>
    public const ushort HeartbeatPort = 9000;

    /// <summary>Checks thresholds, the share set's members, bridge ports, arguments and environment, in this order.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="pivotPathBytes">Bytes of the path that the pivot is started under, which Linux counts as well.</param>
    /// <exception cref="ProtocolException">
    /// <see cref="ProtocolErrorCode.QosCrypto"/> for a threshold, <see cref="ProtocolErrorCode.DuplicateQuorumMember"/> for the share set,
    /// <see cref="ProtocolErrorCode.InvalidPivotEnv"/> for ports, arguments and environment; all but the second with a text.
    /// </exception>
    public static void Check(Manifest manifest, int pivotPathBytes = 256)
    {
        RequireThreshold(manifest.ManifestSet, "manifest");
        RequireThreshold(manifest.ShareSet, "share");
        if (DescribeShareThreshold(manifest.ShareSet) is { } unsharable)
            throw new ProtocolException(ProtocolError.WithText(ProtocolErrorCode.QosCrypto, unsharable));
        if (!HasDistinctMembers(manifest.ShareSet.Members))
            throw new ProtocolException(ProtocolErrorCode.DuplicateQuorumMember);
        if (DescribeBridges(manifest.Pivot.BridgeConfig) is { } bridge)
            throw Refuse(bridge);
        if (PivotEnvironment.Describe(manifest.Pivot, pivotPathBytes) is { } environment)
            throw Refuse(environment);
    }

    /// <summary>What is wrong with a set's threshold, or null.</summary>
    internal static string? DescribeThreshold(MemberSet set, string name) =>
        set.Threshold >= 1 && set.Threshold <= (uint)set.Members.Count
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"the {name} set's threshold is {set.Threshold}, with {set.Members.Count} members it must be from 1 to {set.Members.Count}");

    /// <summary>
    /// Why no quorum key can have been split for the set, or null. A share's identifier is one byte, so there are 255 shares at most: the
    /// node would lock its PCRs and could never be provisioned.
    /// </summary>
    internal static string? DescribeShareThreshold(MemberSet set) => set.Threshold > Shamir.MaxShares
        ? string.Create(CultureInfo.InvariantCulture, $"the share set's threshold is {set.Threshold}, and a key has at most {Shamir.MaxShares} shares")
        : null;

    /// <summary>
    /// Whether aliases, signing points and encryption points are distinct. Keys need not be valid for it: a member whose key is invalid can
    /// never post a share, and the reference boots such a set.
    /// </summary>
    internal static bool HasDistinctMembers(IReadOnlyList<QuorumMember> members)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (QuorumMember member in members)
        {
            ReadOnlySpan<byte> key = member.PubKey.Span;
            int half = key.Length / 2;
            if (!seen.Add("alias " + member.Alias)
                || !seen.Add("encryption " + Convert.ToHexString(key[..half]))
                || !seen.Add("signing " + Convert.ToHexString(key[half..])))
                return false;
        }

        return true;
    }

    /// <summary>What is wrong with the bridges' ports and addresses, or null.</summary>
    internal static string? DescribeBridges(IReadOnlyList<BridgeConfig> bridges)
    {
        var taken = new Dictionary<ushort, HashSet<string>?>();
        foreach (BridgeConfig bridge in bridges)
        {
            if (bridge.Port == 0)
                return "a bridge has port 0; choose one from 1 to 65535";
            if (bridge.Port == ControlPort)
                return $"a bridge has port {ControlPort}, which is the control protocol's; choose another";
            if (bridge.Port == HeartbeatPort && bridge is BridgeConfig.Client)
                return $"a client bridge has port {HeartbeatPort}, on which the host waits for the enclave's first sign; choose another";
            if (!IsFree(bridge, taken))
                return $"two bridges have port {bridge.Port}; choose distinct ones";
            if (BridgeAddress.DescribeImpossible(bridge) is { } address)
                return address;
        }

        return null;
    }

    // Client bridges to different hosts may share a port (ClientRoute); nothing else may.
    private static bool IsFree(BridgeConfig bridge, Dictionary<ushort, HashSet<string>?> taken)
    {
        HashSet<string>? hosts = bridge is BridgeConfig.Client { Host: { } host } ? new(StringComparer.Ordinal) { ClientRoute.Canonical(host) } : null;
        if (taken.TryAdd(bridge.Port, hosts))
            return true;
        return hosts is not null && taken[bridge.Port] is { } others && others.Add(hosts.Single());
    }

    private static void RequireThreshold(MemberSet set, string name)
    {
        if (DescribeThreshold(set, name) is { } wrong)
            throw new ProtocolException(ProtocolError.WithText(ProtocolErrorCode.QosCrypto, wrong));
    }

    private static ProtocolException Refuse(string what) =>
        new(ProtocolError.WithText(ProtocolErrorCode.InvalidPivotEnv, what));
}
