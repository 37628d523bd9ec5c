namespace Qos.Tokens;

/// <summary>What a key pair's objects on a token are found by: a label, an id, or both.</summary>
internal sealed record TokenObjectName(string? Label, byte[]? Id)
{
    /// <summary>For messages.</summary>
    public override string ToString() => (Label, Id) switch
    {
        ({ } label, null) => $"labelled '{label}'",
        ({ } label, { } id) => $"labelled '{label}' with id {Convert.ToHexStringLower(id)}",
        (null, { } id) => $"with id {Convert.ToHexStringLower(id)}",
        _ => "without a name",
    };
}
