namespace Qos.Protocol;

/// <summary>One comparison of an attestation document with a manifest.</summary>
/// <param name="What">What was compared, as the document calls it: <c>user_data</c>, <c>PCR16</c>.</param>
/// <param name="Expected">What the manifest demands; null when nothing may be there, or anything.</param>
/// <param name="Actual">What the document has; null when it has nothing. An empty value is not null.</param>
/// <param name="Holds">Whether it is as it must be.</param>
public sealed record DocumentFinding(string What, byte[]? Expected, byte[]? Actual, bool Holds)
{
    /// <summary>Whether it is about the commitment to key and manifest.</summary>
    public bool IsCommitment { get; init; }

    /// <summary>One line, for example <c>PCR0: expected 00…, got nothing</c>.</summary>
    public override string ToString() => (Expected, Actual) switch
    {
        (null, null) => $"{What} is missing",
        (null, { } actual) => $"{What}: expected none, got {Convert.ToHexStringLower(actual)}",
        ({ } expected, null) => $"{What}: expected {Convert.ToHexStringLower(expected)}, got nothing",
        ({ } expected, { } actual) => $"{What}: expected {Convert.ToHexStringLower(expected)}, got {Convert.ToHexStringLower(actual)}",
    };
}
