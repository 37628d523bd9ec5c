using System.Security.Cryptography;
using System.Text;

namespace Qos.Protocol;

/// <summary>
/// Whether a node of one manifest may be given the quorum key by a node of another, as far as the manifests say. Pure: approvals and
/// the attestation document are checked elsewhere. Format: docs/protocol/messages.md, Key forwarding.
/// </summary>
public static class ForwardChecks
{
    /// <summary>
    /// Same quorum key, same manifest set in any order, same namespace, no lower nonce, and for an equal nonce the same manifest. Comes
    /// after the approvals and before the attestation document.
    /// </summary>
    /// <param name="current">The manifest of the node that has the key.</param>
    /// <param name="next">The manifest of the node that asks for it.</param>
    /// <exception cref="ProtocolException">The first difference, in the specification's order.</exception>
    public static void CheckSuccessor(Manifest current, Manifest next) => ThrowFirst(SuccessorDifferences(current, next));

    /// <summary>Same PCR3. Comes after the attestation document.</summary>
    /// <param name="current">The manifest of the node that has the key.</param>
    /// <param name="next">The manifest of the node that asks for it.</param>
    /// <exception cref="ProtocolException"><see cref="ProtocolErrorCode.DifferentPcr3"/>.</exception>
    public static void CheckPcr3(Manifest current, Manifest next) => ThrowFirst(Pcr3Differences(current, next));

    /// <summary>Every reason why the key would not be forwarded, in the specification's order; empty when it would be.</summary>
    /// <param name="current">The manifest of the node that has the key.</param>
    /// <param name="next">The manifest of the node that asks for it.</param>
    public static IReadOnlyList<ProtocolError> Differences(Manifest current, Manifest next) =>
        [.. SuccessorDifferences(current, next), .. Pcr3Differences(current, next)];

    private static IEnumerable<ProtocolError> SuccessorDifferences(Manifest current, Manifest next)
    {
        if (!current.Namespace.QuorumKey.Span.SequenceEqual(next.Namespace.QuorumKey.Span))
            yield return Different(ProtocolErrorCode.DifferentQuorumKey, current.Namespace.QuorumKey, next.Namespace.QuorumKey);

        byte[] currentSet = SetHash(current.ManifestSet);
        byte[] nextSet = SetHash(next.ManifestSet);
        if (!currentSet.AsSpan().SequenceEqual(nextSet))
            yield return Different(ProtocolErrorCode.DifferentManifestSet, currentSet, nextSet);

        if (current.Namespace.Name != next.Namespace.Name)
            yield return ProtocolError.WithDifference(ProtocolErrorCode.DifferentNamespaceName, current.Namespace.Name, next.Namespace.Name);

        if (next.Namespace.Nonce < current.Namespace.Nonce)
        {
            yield return ProtocolError.LowNonce(current.Namespace.Nonce, next.Namespace.Nonce);
        }
        else if (next.Namespace.Nonce == current.Namespace.Nonce)
        {
            byte[] currentHash = current.Hash();
            byte[] nextHash = next.Hash();
            if (!currentHash.AsSpan().SequenceEqual(nextHash))
                yield return Different(ProtocolErrorCode.DifferentManifest, currentHash, nextHash);
        }
    }

    private static IEnumerable<ProtocolError> Pcr3Differences(Manifest current, Manifest next)
    {
        if (!current.Enclave.Pcr3.Span.SequenceEqual(next.Enclave.Pcr3.Span))
            yield return Different(ProtocolErrorCode.DifferentPcr3, current.Enclave.Pcr3, next.Enclave.Pcr3);
    }

    // SHA-256 over the Borsh of the set with its members sorted by alias and key, which is what the reference reports.
    private static byte[] SetHash(MemberSet set)
    {
        var members = new List<QuorumMember>(set.Members);
        members.Sort(static (left, right) =>
        {
            int byAlias = Encoding.UTF8.GetBytes(left.Alias).AsSpan()
                .SequenceCompareTo(Encoding.UTF8.GetBytes(right.Alias));
            return byAlias != 0 ? byAlias : left.PubKey.Span.SequenceCompareTo(right.PubKey.Span);
        });
        return SHA256.HashData(BorshLists.Encode(new MemberSet(set.Threshold, members), MemberBorsh.WriteSet));
    }

    private static ProtocolError Different(ProtocolErrorCode code, ReadOnlyMemory<byte> expected, ReadOnlyMemory<byte> actual) =>
        ProtocolError.WithDifference(code, Convert.ToHexStringLower(expected.Span), Convert.ToHexStringLower(actual.Span));

    private static void ThrowFirst(IEnumerable<ProtocolError> differences)
    {
        foreach (ProtocolError difference in differences)
            throw new ProtocolException(difference);
    }
}
