using Qos.Serialization;

namespace Qos.Protocol;

/// <summary>Envelopes as files: reading any version in any of its forms, writing the stored form. Format: docs/protocol/manifest.md, Envelope.</summary>
public static class ManifestEnvelopeFormat
{
    /// <summary>Reads an envelope in JSON or, for V1 and V0, Borsh; see <see cref="ManifestFormat.Read"/>.</summary>
    /// <exception cref="EncodingException">It is none of these.</exception>
    public static ManifestEnvelope Read(ReadOnlySpan<byte> bytes) => FormatChoice.LooksLikeJson(bytes)
        ? ReadJson(bytes)
        : ReadBorsh(bytes);

    /// <summary>Reads an envelope in JSON only.</summary>
    /// <exception cref="EncodingException">It is not one.</exception>
    public static ManifestEnvelope ReadJson(ReadOnlySpan<byte> bytes)
    {
        FormatChoice.RequireSize(bytes.Length);
        var reader = new QosJsonReader(bytes);
        ManifestEnvelope envelope = EnvelopeJson.Read(ref reader);
        reader.End();
        return envelope;
    }

    /// <summary>Writes the stored form: canonical JSON for V2, plain JSON in declaration order for V1 and V0.</summary>
    public static byte[] Write(ManifestEnvelope envelope) => envelope.Manifest.Version == ManifestVersion.V2
        ? JsonMembers.Canonical(envelope, EnvelopeJson.Write)
        : JsonMembers.Plain(envelope, EnvelopeJson.Write);

    /// <summary>Canonical JSON for every version, as JSON messages carry it.</summary>
    public static byte[] WriteCanonical(ManifestEnvelope envelope) => JsonMembers.Canonical(envelope, EnvelopeJson.Write);

    /// <summary>Plain JSON in declaration order for every version, as message 23 carries it.</summary>
    public static byte[] WritePlain(ManifestEnvelope envelope) => JsonMembers.Plain(envelope, EnvelopeJson.Write);

    /// <summary>The Borsh form of a V1 or V0 envelope.</summary>
    /// <exception cref="InvalidOperationException">The manifest is V2.</exception>
    public static byte[] WriteBorsh(ManifestEnvelope envelope) => BorshLists.Encode(envelope, ManifestBorsh.WriteEnvelope);

    private static ManifestEnvelope ReadBorsh(ReadOnlySpan<byte> bytes)
    {
        FormatChoice.RequireSize(bytes.Length);
        return FormatChoice.OneOfBorsh(bytes, static (bytes, version) =>
        {
            var reader = new BorshReader(bytes);
            ManifestEnvelope envelope = ManifestBorsh.ReadEnvelope(ref reader, version);
            reader.End();
            return envelope;
        });
    }
}
