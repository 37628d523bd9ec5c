namespace Qos.Keys;

/// <summary>Why a secret was not split or not reconstructed. Format: docs/protocol/keys.md, Shamir shares.</summary>
public enum ShamirError
{
    /// <summary>The secret to split is empty.</summary>
    EmptySecret,

    /// <summary>The threshold is below 2 or above the number of shares.</summary>
    InvalidThreshold,

    /// <summary>More than 255 shares were asked for.</summary>
    TooManyShares,

    /// <summary>There is no share at all.</summary>
    NoShares,

    /// <summary>A share has an identifier but no byte of the secret, or not even that.</summary>
    ShareTooShort,

    /// <summary>The shares have different lengths.</summary>
    UnequalLengths,

    /// <summary>A share's identifier is 0, where the secret itself lies.</summary>
    ZeroIdentifier,

    /// <summary>Two shares have one identifier.</summary>
    DuplicateIdentifier,
}
