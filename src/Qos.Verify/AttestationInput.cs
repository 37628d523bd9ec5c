using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Qos.Serialization;

namespace Qos.Verify;

/// <summary>
/// An attestation document in any form in which people have one: the COSE_Sign1 itself, its base64 or base64url, its hex, a JSON string of
/// these, or JSON with the document in a member such as a boot proof's <c>awsAttestationDocB64</c>.
/// </summary>
public static class AttestationInput
{
    private static readonly string[] s_members =
    [
        "awsAttestationDocB64", "attestationDocument", "attestation_document", "attestationDoc", "attestation_doc", "document",
    ];

    /// <summary>The COSE_Sign1's bytes; bytes of no other form are given back as they are.</summary>
    /// <exception cref="EncodingException">It is JSON without a document.</exception>
    public static byte[] Decode(byte[] file)
    {
        ArgumentNullException.ThrowIfNull(file);
        ReadOnlySpan<byte> text = file;
        if (text.StartsWith("\uFEFF"u8))
            text = text["\uFEFF"u8.Length..];
        text = text.Trim(" \t\r\n"u8);
        if (text is [(byte)'{' or (byte)'"', ..] && !IsBinary(text))
            return OfJson(text);
        return IsBinary(text) ? file : OfText(text) ?? file;
    }

    private static byte[] OfJson(ReadOnlySpan<byte> json) => ProofJson.Read(json, static root =>
    {
        if (root.ValueKind == JsonValueKind.String)
            return OfText(Encoding.UTF8.GetBytes(root.GetString()!)) ?? throw new EncodingException("the JSON string is neither base64 nor hex");
        foreach (JsonElement owner in (JsonElement[])[root, .. root.TryGetProperty("bootProof", out JsonElement boot) && boot.ValueKind == JsonValueKind.Object ? [boot] : Array.Empty<JsonElement>()])
        {
            foreach (string name in s_members)
            {
                if (owner.TryGetProperty(name, out JsonElement member) && member.ValueKind == JsonValueKind.String)
                    return OfText(Encoding.UTF8.GetBytes(member.GetString()!)) ?? throw new EncodingException($"{name} is neither base64 nor hex");
            }
        }

        throw new EncodingException($"it is JSON without an attestation document, which is looked for in {string.Join(", ", s_members)}");
    });

    private static byte[]? OfText(ReadOnlySpan<byte> text)
    {
        byte[] digits = [.. text.ToArray().Where(static c => c is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))];
        if (digits.Length == 0)
            return null;
        if (digits.Length % 2 == 0 && digits.All(static c => char.IsAsciiHexDigit((char)c)))
            return Convert.FromHexString(digits);
        byte[] standard = [.. digits.Select(static c => c switch { (byte)'-' => (byte)'+', (byte)'_' => (byte)'/', _ => c })];
        byte[] padded = standard.Length % 4 == 0 || standard[^1] == '=' ? standard : [.. standard, .. Enumerable.Repeat((byte)'=', 4 - (standard.Length % 4))];
        return Base64.IsValid(padded) ? Convert.FromBase64String(Encoding.ASCII.GetString(padded)) : null;
    }

    private static bool IsBinary(ReadOnlySpan<byte> bytes)
    {
        foreach (byte c in bytes)
        {
            if (c is not (>= (byte)' ' and <= (byte)'~' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                return true;
        }

        return false;
    }
}
