using System.Text.Json;

namespace Qos.App;

/// <summary>What a payload must be so that every verifier can read it. Format: docs/protocol/proofs.md, App proof.</summary>
internal static class ProofPayload
{
    private static readonly System.Text.UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The payload's UTF-8 bytes.</summary>
    /// <exception cref="ArgumentException">It is not a JSON object with a member "timestampMs" that is a string of digits.</exception>
    internal static byte[] ToBytes(string payloadJson)
    {
        ArgumentNullException.ThrowIfNull(payloadJson);
        try
        {
            byte[] bytes = s_strict.GetBytes(payloadJson);
            if (JsonTimestamp.Read(bytes) is not null)
                return bytes;
        }
        catch (Exception refused) when (refused is JsonException or System.Text.EncoderFallbackException)
        {
            throw new ArgumentException($"A proof's payload is a JSON object; this text is not: {refused.Message}", nameof(payloadJson), refused);
        }

        throw new ArgumentException(
            "A proof's payload is a JSON object whose \"timestampMs\" is a string of ms since 1970: verifiers read it.", nameof(payloadJson));
    }
}
