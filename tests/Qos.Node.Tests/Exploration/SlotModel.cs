using Qos.Protocol;

namespace Qos.Node.Tests;

/// <summary>
/// What a node that waits for shares must do, in a few lines: the model that every transition of the real one is compared with. A state is what is in each member's slot.
/// </summary>
internal sealed record SlotModel(int Members, int Threshold)
{
    /// <summary>What a member may post: the own share, the next member's (which that one gave away), or one that belongs to nothing.</summary>
    internal static IReadOnlyList<Content> Contents { get; } = [Content.Own, Content.Next, Content.Wrong];

    internal enum Content
    {
        None,
        Own,
        Next,
        Wrong,
    }

    /// <summary>A state without shares.</summary>
    internal Content[] Empty => new Content[Members];

    /// <summary>What comes of a post in a state.</summary>
    /// <returns>The next state, and what the node answers: a refusal, or whether the key is there.</returns>
    internal (Content[] Next, ProtocolErrorCode? Refusal, bool IsComplete) Post(Content[] slots, int member, Content content)
    {
        Content[] next = [.. slots];
        next[member] = content;
        int[] filled = [.. Enumerable.Range(0, Members).Where(i => next[i] != Content.None)];
        if (filled.Length < Threshold)
            return (next, null, false);
        int[][] tried =
        [
            .. Combinations.All(filled.Length, Threshold)
                .Select(chosen => chosen.Select(index => filled[index]).ToArray())
                .Where(chosen => chosen.Contains(member) && chosen.Select(i => Identifier(i, next[i])).Distinct().Count() == Threshold),
        ];
        if (tried.Any(chosen => IsKey(next, chosen)))
            return (next, null, true);
        return (next, tried.Length > 0 ? ProtocolErrorCode.ReconstructionErrorIncorrectPubKey : ProtocolErrorCode.QosCrypto, false);
    }

    /// <summary>Whether these members' slots make the key: as many true shares as are needed, of different members.</summary>
    internal bool IsKey(Content[] slots, IReadOnlyCollection<int> members) =>
        members.Count == Threshold && members.All(i => slots[i] is Content.Own or Content.Next)
        && members.Select(i => Identifier(i, slots[i])).Distinct().Count() == Threshold;

    internal int ShareOf(int member, Content content) => content == Content.Next ? (member + 1) % Members : member;

    private int Identifier(int member, Content content) => ShareOf(member, content) + 1;
}
