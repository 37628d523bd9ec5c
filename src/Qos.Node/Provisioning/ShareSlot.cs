using Qos.Keys;
using Qos.Protocol;

namespace Qos.Node;

/// <summary>The one place that a member's share has: what was posted last, decrypted and of the right form.</summary>
internal sealed record ShareSlot(Approval Approval, SecretMemory Share)
{
    /// <summary>A share of a seed: one identifier byte, 1 to 255, and 32 bytes. Specification: keys, Shamir shares.</summary>
    internal const int ShareLength = 33;

    internal QuorumMember Member => Approval.Member;

    internal byte Identifier => Share.Span[0];

    internal static bool HasRightForm(SecretMemory share) => share.Length == ShareLength && share.Span[0] != 0;
}
