namespace Qos.Fleet.Api;

/// <summary>The JSON inside a stamp.</summary>
/// <param name="PublicKey">The compressed P-256 key, 66 hex digits.</param>
/// <param name="Signature">The DER signature over the body, hex.</param>
/// <param name="Scheme"><c>SIGNATURE_SCHEME_TK_API_P256</c>.</param>
public sealed record StampBody(string PublicKey, string Signature, string Scheme);
