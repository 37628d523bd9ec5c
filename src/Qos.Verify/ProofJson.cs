using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Qos.Protocol;
using Qos.Serialization;

namespace Qos.Verify;

/// <summary>
/// Reads proofs as services publish them: ordinary JSON, in which members that nothing proves may be absent, null or of any kind. What is
/// verified must be there once and of its kind.
/// </summary>
internal static class ProofJson
{
    private const int MaxShort = 1024;
    private const int MaxPayloadBytes = 4 * 1024 * 1024;

    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = QosJsonReader.MaxDepth, AllowDuplicateProperties = false };

    /// <summary>Reads one value and refuses anything else with one kind of exception.</summary>
    /// <exception cref="EncodingException">It is not JSON, or not what is read.</exception>
    public static T Read<T>(ReadOnlySpan<byte> json, Func<JsonElement, T> read)
    {
        // The library looks at the bytes of a text only when the text is read.
        if (!Utf8.IsValid(json))
            throw new EncodingException("not valid JSON: it is not UTF-8");
        try
        {
            using JsonDocument document = JsonDocument.Parse(json.ToArray(), s_options);
            return read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new EncodingException($"not valid JSON, line {e.LineNumber + 1}: {Reason(e)}", e);
        }
        catch (InvalidOperationException e)
        {
            // A text that is not UTF-8 or holds half of a surrogate pair is found only when it is read.
            throw new EncodingException("a text in it is not valid Unicode", e);
        }
    }

    /// <summary>An app proof.</summary>
    public static AppProof ReadAppProof(JsonElement proof) => new(
        Text(proof, "the app proof", "scheme", MaxShort),
        Text(proof, "the app proof", "publicKey", MaxShort),
        Text(proof, "the app proof", "proofPayload", MaxPayloadBytes),
        Text(proof, "the app proof", "signature", MaxShort));

    /// <summary>A boot proof.</summary>
    public static BootProof ReadBootProof(JsonElement proof) => new()
    {
        EphemeralPublicKeyHex = Text(proof, "the boot proof", "ephemeralPublicKeyHex", MaxShort),
        AttestationDocument = Base64(proof, "awsAttestationDocB64", Nsm.AttestationDocument.MaxSize),
        Manifest = Base64(proof, "qosManifestB64", ProtocolLimits.MaxEnvelopeBytes),
        ManifestEnvelope = Base64(proof, "qosManifestEnvelopeB64", ProtocolLimits.MaxEnvelopeBytes),
        DeploymentLabel = Information(proof, "deploymentLabel"),
        EnclaveApp = Information(proof, "enclaveApp"),
        Owner = Information(proof, "owner"),
        CreatedAtSeconds = Seconds(proof),
    };

    /// <summary>All proofs of an object: a pair, a list of app proofs with or without a boot proof, or one of the two on its own.</summary>
    public static IReadOnlyList<PublishedProof> ReadPublished(JsonElement file)
    {
        Require(file, "the file");
        BootProof? boot = file.TryGetProperty("bootProof", out JsonElement pair) && !IsNull(pair) ? ReadBootProof(pair) : null;
        bool hasApp = file.TryGetProperty("appProof", out JsonElement app) && !IsNull(app);
        if (file.TryGetProperty("appProofs", out JsonElement apps) && !IsNull(apps))
        {
            if (hasApp)
                throw new EncodingException("the file holds both appProof and appProofs");
            if (apps.ValueKind != JsonValueKind.Array || apps.GetArrayLength() == 0)
                throw new EncodingException("appProofs is not a list of app proofs");
            return [.. apps.EnumerateArray().Select(one => new PublishedProof(ReadAppProof(one), boot))];
        }

        if (hasApp || boot is not null)
            return [new(hasApp ? ReadAppProof(app) : null, boot)];
        if (file.TryGetProperty("proofPayload", out _))
            return [new(ReadAppProof(file), null)];
        if (file.TryGetProperty("awsAttestationDocB64", out _))
            return [new(null, ReadBootProof(file))];
        throw new EncodingException("the file holds neither an app proof nor a boot proof");
    }

    private static string Text(JsonElement owner, string what, string name, int maxBytes)
    {
        Require(owner, what);
        if (!owner.TryGetProperty(name, out JsonElement member))
            throw new EncodingException($"{what} has no {name}");
        if (member.ValueKind != JsonValueKind.String)
            throw new EncodingException($"{what}'s {name} is not a string");
        string text = member.GetString()!;
        return System.Text.Encoding.UTF8.GetByteCount(text) <= maxBytes
            ? text
            : throw new EncodingException($"{what}'s {name} has more than {maxBytes} bytes");
    }

    private static byte[] Base64(JsonElement owner, string name, int maxBytes)
    {
        if (!owner.TryGetProperty(name, out JsonElement member))
            throw new EncodingException($"the boot proof has no {name}");

        // The decoder passes white space over, so that one value would have several texts.
        if (member.ValueKind != JsonValueKind.String || !member.TryGetBytesFromBase64(out byte[]? bytes) || member.GetString().AsSpan().ContainsAny(" \t\r\n"))
            throw new EncodingException($"the boot proof's {name} is not base64");
        return bytes.Length <= maxBytes ? bytes : throw new EncodingException($"the boot proof's {name} has more than {maxBytes} bytes");
    }

    private static string? Information(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out JsonElement member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    // {"seconds":"1758057949","nanos":"0"}, the seconds as text or number.
    private static long? Seconds(JsonElement owner)
    {
        if (!owner.TryGetProperty("createdAt", out JsonElement created)
            || created.ValueKind != JsonValueKind.Object
            || !created.TryGetProperty("seconds", out JsonElement seconds))
        {
            return null;
        }

        return seconds.ValueKind switch
        {
            JsonValueKind.Number when seconds.TryGetInt64(out long number) => number,
            JsonValueKind.String when long.TryParse(seconds.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out long number) => number,
            _ => null,
        };
    }

    private static void Require(JsonElement element, string what)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new EncodingException($"{what} is not an object");
    }

    private static bool IsNull(JsonElement element) => element.ValueKind == JsonValueKind.Null;

    // The library's message ends with the place, which is told already.
    private static string Reason(JsonException e) => e.Message.Split(" Path:")[0].Split(" LineNumber:")[0].TrimEnd('.');
}
