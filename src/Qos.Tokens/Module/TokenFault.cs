using static Qos.Tokens.LibPkcs11;

namespace Qos.Tokens;

/// <summary>What a module's refusals mean to who holds the token.</summary>
internal static class TokenFault
{
    /// <summary>A refusal as one line.</summary>
    /// <param name="answer">The module's CKR_ number.</param>
    /// <param name="doing">What was tried, such as "signing".</param>
    internal static TokenException From(nuint answer, string doing) => new(answer switch
    {
        CKR_DEVICE_REMOVED or CKR_TOKEN_NOT_PRESENT or CKR_SESSION_HANDLE_INVALID or CKR_SESSION_CLOSED =>
            $"The token went away while {doing}: plug it in and start again.",
        CKR_DEVICE_ERROR or CKR_TOKEN_NOT_RECOGNIZED => $"The token does not answer as it should while {doing}: unplug it, plug it in and start again.",
        CKR_DEVICE_MEMORY => $"The token has no room left for {doing}.",
        CKR_FUNCTION_CANCELED => $"The token gave up while {doing}: it may have waited for a touch.",
        CKR_FUNCTION_NOT_SUPPORTED or CKR_MECHANISM_INVALID => $"The token or its module does not support {doing}.",
        CKR_KEY_FUNCTION_NOT_PERMITTED => $"The key on the token is not allowed to be used for {doing}.",
        CKR_USER_NOT_LOGGED_IN => $"The token wants its PIN again for {doing}: start again, or choose a PIN policy that asks once.",
        CKR_SESSION_READ_ONLY or CKR_TOKEN_WRITE_PROTECTED => $"The token cannot be written to, which {doing} needs.",
        CKR_USER_PIN_NOT_INITIALIZED => "The token has no user PIN yet: set one with its own tool.",
        _ => $"The token refused {doing} (PKCS#11 error 0x{answer:X})"
            + (answer is CKR_GENERAL_ERROR or CKR_FUNCTION_FAILED ? "; a touch that did not come in time looks like this too." : "."),
    });

    /// <summary>A refused PIN as one line, with what the token tells about the tries that are left.</summary>
    /// <param name="answer">The module's CKR_ number.</param>
    /// <param name="token">The token as it describes itself after the try.</param>
    internal static TokenException FromPin(nuint answer, TokenSlot token) => answer switch
    {
        CKR_PIN_LOCKED => Locked(token),
        CKR_PIN_INCORRECT or CKR_PIN_INVALID or CKR_PIN_LEN_RANGE when token.IsLocked => Locked(token),
        CKR_PIN_INCORRECT or CKR_PIN_INVALID or CKR_PIN_LEN_RANGE => new TokenException(
            $"The PIN of token {token} is wrong; "
            + (token.IsLastTry ? "one try is left before it locks." : "the token does not say how many tries are left.")),
        CKR_PIN_EXPIRED => new TokenException($"The PIN of token {token} has expired: set another with its own tool."),
        _ => From(answer, "logging in"),
    };

    /// <summary>A token that takes no PIN any more.</summary>
    internal static TokenException Locked(TokenSlot token) =>
        new($"Token {token} is locked after too many wrong PINs: unblock it with its own tool.");

    /// <summary>Throws unless the answer is CKR_OK.</summary>
    internal static void Require(nuint answer, string doing)
    {
        if (answer != CKR_OK)
            throw From(answer, doing);
    }
}
