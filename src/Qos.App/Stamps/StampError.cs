namespace Qos.App;

/// <summary>Why a request's stamp is not accepted. Format: docs/verifiable-data.md, Stamps.</summary>
public enum StampError
{
    /// <summary>There is none.</summary>
    Missing,

    /// <summary>It is not base64url of a JSON object with publicKey, signature and scheme.</summary>
    Malformed,

    /// <summary>The signature is not over this body, or the key is no point of P-256.</summary>
    BadSignature,

    /// <summary>The body is not JSON with one member timestampMs, a string of digits.</summary>
    NoTime,

    /// <summary>The body's time is outside of the window.</summary>
    Expired,

    /// <summary>The same key has sent the same body already.</summary>
    Replayed,

    /// <summary>More requests were accepted within the window than are remembered.</summary>
    TooMany,
}
