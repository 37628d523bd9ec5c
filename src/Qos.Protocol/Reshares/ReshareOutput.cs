namespace Qos.Protocol;

/// <summary>Everything public that came of a reshare or a drill. Format: docs/protocol/reshare.md, Output.</summary>
/// <param name="Contributors">Whose shares made the key: as many members of the old set as its threshold says.</param>
/// <param name="Shares">The new shares in the form of a genesis output; null for a drill.</param>
public sealed record ReshareOutput(IReadOnlyList<QuorumMember> Contributors, GenesisOutput? Shares);
