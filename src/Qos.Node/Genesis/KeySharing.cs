using System.Security.Cryptography;
using Qos.Keys;
using Qos.Protocol;
using Qos.Serialization;

namespace Qos.Node;

/// <summary>Splits a quorum key between the members of a set, new or known. Format: docs/protocol/messages.md, Genesis; reshare.md, Output.</summary>
internal sealed class KeySharing(IRandomSource random)
{
    private static ReadOnlySpan<byte> TestMessage => "qos-test-message"u8;

    /// <summary>Makes fresh shares and everything public about them.</summary>
    /// <param name="quorum">The key.</param>
    /// <param name="set">Who gets shares; distinct in alias and both points.</param>
    /// <param name="drKey">A disaster-recovery public key that the seed is also encrypted to, or null.</param>
    /// <exception cref="ProtocolException">The set or the recovery key cannot be.</exception>
    internal GenesisOutput Share(KeySet quorum, GenesisSet set, ReadOnlyMemory<byte>? drKey)
    {
        PublicKey[] members = MembersOf(set);
        PublicKey? recovery = drKey is { } bytes ? RecoveryKeyOf(bytes.Span) : null;
        using SecretMemory seed = quorum.ExportSeed();
        return new GenesisOutput
        {
            Set = set,
            DrKey = drKey,
            QuorumKey = quorum.PublicKey.Bytes.ToArray(),
            MemberOutputs = Share(seed, set, members),
            DrKeyWrappedQuorumKey = recovery is null ? null : (ReadOnlyMemory<byte>?)recovery.Encrypt(seed.Span, random),
            QuorumKeyHash = HashOf(seed),
            TestMessageCiphertext = quorum.PublicKey.Encrypt(TestMessage, random),
            TestMessageSignature = quorum.Sign(TestMessage),
            TestMessage = TestMessage.ToArray(),
        };
    }

    private static PublicKey[] MembersOf(GenesisSet set)
    {
        ApprovalChecks.CheckDistinctMembers(set.Members);
        return [.. set.Members.Select(member => PublicKey.Parse(member.PubKey.Span))];
    }

    private static PublicKey RecoveryKeyOf(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return PublicKey.Parse(bytes);
        }
        catch (KeyException exception)
        {
            throw new ProtocolException(
                ProtocolError.WithKeyError(ProtocolErrorCode.InvalidP256DRKey, exception.Error, exception.Text));
        }
    }

    private GenesisMemberOutput[] Share(SecretMemory seed, GenesisSet set, PublicKey[] members)
    {
        SecretMemory[] shares = Split(seed, members.Length, set.Threshold);
        try
        {
            return [.. shares.Select((share, index) => new GenesisMemberOutput(
                set.Members[index],
                members[index].Encrypt(share.Span, random),
                SHA512.HashData(share.Span)))];
        }
        finally
        {
            foreach (SecretMemory share in shares)
                share.Dispose();
        }
    }

    private SecretMemory[] Split(SecretMemory seed, int count, uint threshold)
    {
        try
        {
            return Shamir.Split(seed.Span, count, (int)Math.Min(threshold, int.MaxValue), random);
        }
        catch (ShamirException exception)
        {
            throw new ProtocolException(ProtocolError.WithText(ProtocolErrorCode.QosCrypto, exception.Message));
        }
    }

    /// <summary>SHA-512 of the seed's 64 hex characters.</summary>
    private static byte[] HashOf(SecretMemory seed)
    {
        using SecretMemory digits = SecretMemory.Allocate(2 * seed.Length);
        Hex.EncodeSecret(seed.Span, digits.Span);
        return SHA512.HashData(digits.Span);
    }
}
