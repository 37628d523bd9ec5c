using Qos.Protocol;
using Qos.Serialization;

namespace Qos.Verify;

/// <summary>What is kept about an enclave that booted; nothing in it is verified yet. Specification: proofs, Boot proof.</summary>
public sealed record BootProof
{
    private const int MaxShort = 1024;

    /// <summary>The live ephemeral public key in hex, as it was given.</summary>
    public required string EphemeralPublicKeyHex { get; init; }

    /// <summary>The live attestation document, a COSE_Sign1.</summary>
    public required ReadOnlyMemory<byte> AttestationDocument { get; init; }

    /// <summary>The bytes whose SHA-256 is the manifest's hash.</summary>
    public required ReadOnlyMemory<byte> Manifest { get; init; }

    /// <summary>The envelope's bytes.</summary>
    public required ReadOnlyMemory<byte> ManifestEnvelope { get; init; }

    /// <summary>A name for the deployment; nothing proves it.</summary>
    public string? DeploymentLabel { get; init; }

    /// <summary>The application's name; nothing proves it.</summary>
    public string? EnclaveApp { get; init; }

    /// <summary>The owner's name; nothing proves it.</summary>
    public string? Owner { get; init; }

    /// <summary>When it was kept, seconds since 1970; nothing proves it.</summary>
    public long? CreatedAtSeconds { get; init; }

    /// <summary>Reads a boot proof's JSON; members that are not known are passed over.</summary>
    /// <exception cref="EncodingException">It is not one.</exception>
    public static BootProof Parse(ReadOnlySpan<byte> json)
    {
        var reader = new QosJsonReader(json);
        BootProof proof = Read(ref reader);
        reader.End();
        return proof;
    }

    internal static BootProof Read(ref QosJsonReader reader)
    {
        string? key = null, label = null, app = null, owner = null;
        byte[]? document = null, manifest = null, envelope = null;
        long? created = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("ephemeralPublicKeyHex"u8))
                key = reader.ReadString(MaxShort);
            else if (name.SequenceEqual("awsAttestationDocB64"u8))
                document = ReadBase64(ref reader, Nsm.AttestationDocument.MaxSize);
            else if (name.SequenceEqual("qosManifestB64"u8))
                manifest = ReadBase64(ref reader, ProtocolLimits.MaxEnvelopeBytes);
            else if (name.SequenceEqual("qosManifestEnvelopeB64"u8))
                envelope = ReadBase64(ref reader, ProtocolLimits.MaxEnvelopeBytes);
            else if (name.SequenceEqual("deploymentLabel"u8))
                label = ReadText(ref reader);
            else if (name.SequenceEqual("enclaveApp"u8))
                app = ReadText(ref reader);
            else if (name.SequenceEqual("owner"u8))
                owner = ReadText(ref reader);
            else if (name.SequenceEqual("createdAt"u8))
                created = ReadSeconds(ref reader);
            else
                reader.Skip();
        }

        return new BootProof
        {
            EphemeralPublicKeyHex = key ?? throw reader.Error("the boot proof has no ephemeralPublicKeyHex"),
            AttestationDocument = document ?? throw reader.Error("the boot proof has no awsAttestationDocB64"),
            Manifest = manifest ?? throw reader.Error("the boot proof has no qosManifestB64"),
            ManifestEnvelope = envelope ?? throw reader.Error("the boot proof has no qosManifestEnvelopeB64"),
            DeploymentLabel = label,
            EnclaveApp = app,
            Owner = owner,
            CreatedAtSeconds = created,
        };
    }

    /// <summary>Writes it as it is published.</summary>
    public byte[] ToJson()
    {
        using var writer = new QosJsonWriter(JsonForm.Plain);
        writer.BeginObject();
        Write(writer, "ephemeralPublicKeyHex", EphemeralPublicKeyHex);
        Write(writer, "awsAttestationDocB64", Convert.ToBase64String(AttestationDocument.Span));
        Write(writer, "qosManifestB64", Convert.ToBase64String(Manifest.Span));
        Write(writer, "qosManifestEnvelopeB64", Convert.ToBase64String(ManifestEnvelope.Span));
        Write(writer, "deploymentLabel", DeploymentLabel);
        Write(writer, "enclaveApp", EnclaveApp);
        Write(writer, "owner", Owner);
        if (CreatedAtSeconds is { } seconds)
        {
            writer.Name("createdAt"u8);
            writer.BeginObject();
            Write(writer, "seconds", seconds.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Write(writer, "nanos", "0");
            writer.EndObject();
        }

        writer.EndObject();
        return writer.ToArray();
    }

    private static void Write(QosJsonWriter writer, string name, string? value)
    {
        if (value is null)
            return;
        writer.Name(name);
        writer.String(value);
    }

    private static string? ReadText(ref QosJsonReader reader) => reader.TryReadNull() ? null : reader.ReadString(MaxShort);

    private static byte[] ReadBase64(ref QosJsonReader reader, int maxBytes)
    {
        ReadOnlySpan<byte> text = reader.ReadUtf8(checked((maxBytes + 2) / 3 * 4));
        byte[] bytes = new byte[System.Buffers.Text.Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        return System.Buffers.Text.Base64.DecodeFromUtf8(text, bytes, out int consumed, out int written) == System.Buffers.OperationStatus.Done
            && consumed == text.Length
            ? bytes[..written]
            : throw reader.Error("expected base64");
    }

    private static long? ReadSeconds(ref QosJsonReader reader)
    {
        long? seconds = null;
        reader.BeginObject();
        while (reader.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("seconds"u8))
                seconds = (long)Math.Min(reader.ReadUInt64(), long.MaxValue);
            else
                reader.Skip();
        }

        return seconds;
    }
}
