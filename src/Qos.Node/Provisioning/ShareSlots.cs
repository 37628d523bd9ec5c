using Qos.Keys;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>The shares that are in: one slot for each member, in the order in which the members first came.</summary>
internal sealed class ShareSlots : IDisposable
{
    private ShareSlot[] _slots = [];

    /// <summary>The slots as they would be with this share: a member's earlier share gives way to it.</summary>
    internal ShareSlot[] With(ShareSlot added)
    {
        int index = IndexOf(added.Member);
        return index < 0 ? [.. _slots, added] : [.. _slots[..index], added, .. _slots[(index + 1)..]];
    }

    /// <summary>Takes the slots that <see cref="With"/> gave; a share that had to give way is wiped.</summary>
    internal void Keep(ShareSlot[] slots)
    {
        ShareSlot[] previous = _slots;
        _slots = slots;
        foreach (ShareSlot slot in previous)
        {
            if (!slots.Contains(slot))
                slot.Share.Dispose();
        }
    }

    /// <summary>The members whose shares are in, and the others.</summary>
    internal static ShareStatus StatusFrom(MemberSet set, IReadOnlyList<ShareSlot> slots)
    {
        var received = slots.Select(slot => slot.Member).ToHashSet();
        return new ShareStatus(
            set.Threshold,
            [.. set.Members.Where(received.Contains).Select(member => member.Alias)],
            [.. set.Members.Where(member => !received.Contains(member)).Select(member => member.Alias)]);
    }

    public void Dispose() => Keep([]);

    private int IndexOf(QuorumMember member) => Array.FindIndex(_slots, slot => slot.Member.Equals(member));
}

/// <summary>The one place that a member's share has: what was posted last, decrypted and well formed.</summary>
internal sealed record ShareSlot(Approval Approval, SecretMemory Share)
{
    /// <summary>A share of a seed: one identifier byte, 1 to 255, and 32 bytes. Format: docs/protocol/keys.md, Shamir shares.</summary>
    internal const int ShareLength = 33;

    internal QuorumMember Member => Approval.Member;

    internal byte Identifier => Share.Span[0];

    /// <summary>Decrypts a member's share; the caller disposes of it unless it is kept.</summary>
    /// <exception cref="ProtocolException">It does not decrypt with the setup key, or is no share.</exception>
    internal static ShareSlot Open(Approval approval, ReadOnlySpan<byte> encryptedShare, KeySet? setup)
    {
        if (setup is null)
            throw new ProtocolException(ProtocolError.WithKeyError(ProtocolErrorCode.FailedToGetEphemeralKey, KeyError.FailedToReadSecret));
        SecretMemory share;
        try
        {
            share = setup.Decrypt(encryptedShare);
        }
        catch (KeyException exception)
        {
            throw new ProtocolException(ProtocolErrorCode.DecryptionFailed, exception.Message, exception);
        }

        if (IsWellFormed(share))
            return new ShareSlot(approval, share);
        share.Dispose();
        throw new ProtocolException(ProtocolErrorCode.InvalidShare);
    }

    private static bool IsWellFormed(SecretMemory share) => share.Length == ShareLength && share.Span[0] != 0;
}
