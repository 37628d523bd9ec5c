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

    /// <summary>Whose shares are in, for the status.</summary>
    internal static ShareStatus StatusOf(MemberSet set, IReadOnlyList<ShareSlot> slots)
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
