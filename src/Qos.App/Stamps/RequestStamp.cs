namespace Qos.App;

/// <summary>Who signed a request, and when. Format: docs/verifiable-data.md, Stamps.</summary>
/// <param name="PublicKey">The key, compressed, 66 lower-case hex digits. Whether it is a key that may ask is for the app to say.</param>
/// <param name="Fingerprint">SHA-256 of the body: <c>sha256:</c> and 64 lower-case hex digits.</param>
/// <param name="Time">The body's <c>timestampMs</c>.</param>
public sealed record RequestStamp(string PublicKey, string Fingerprint, DateTimeOffset Time);
