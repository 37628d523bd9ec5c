namespace Qos.Keys;

/// <summary>A secret was not split, or shares were not put together.</summary>
public sealed class ShamirException : Exception
{
    /// <summary>Makes the exception from its reason.</summary>
    public ShamirException(ShamirError error)
        : base(Describe(error)) => Error = error;

    /// <summary>The reason.</summary>
    public ShamirError Error { get; }

    private static string Describe(ShamirError error) => error switch
    {
        ShamirError.EmptySecret => "There is nothing to split: the secret is empty.",
        ShamirError.InvalidThreshold => "The threshold must be at least 2 and at most the number of shares.",
        ShamirError.TooManyShares => "A secret splits into at most 255 shares.",
        ShamirError.NoShares => "There is no share to reconstruct from.",
        ShamirError.ShareTooShort => "A share is one identifier byte and at least one byte more.",
        ShamirError.UnequalLengths => "The shares have different lengths, so they are not of one secret.",
        ShamirError.ZeroIdentifier => "A share has the identifier 0; identifiers are 1 to 255.",
        ShamirError.DuplicateIdentifier => "Two shares have the same identifier; each must be another one.",
        _ => $"Shares refused: {error}.",
    };
}
