namespace Qos.Tokens;

/// <summary>A token that asks for its PIN, and what it tells about the tries before.</summary>
/// <param name="Token">The token's label, which comes from the token and is not to be trusted with a terminal.</param>
/// <param name="IsLastTry">The next wrong PIN locks the token.</param>
/// <param name="HadWrongPin">A wrong PIN was given since the last right one.</param>
public sealed record TokenPinRequest(string Token, bool IsLastTry, bool HadWrongPin);
