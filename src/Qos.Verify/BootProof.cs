using Qos.Serialization;

namespace Qos.Verify;

/// <summary>What is kept about an enclave that booted; nothing in it is verified yet. Format: docs/protocol/proofs.md.</summary>
public sealed record BootProof
{
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

    /// <summary>Reads a boot proof's JSON; members that are not known are skipped, and what nothing proves may have any form.</summary>
    /// <exception cref="EncodingException">It is not one.</exception>
    public static BootProof Parse(ReadOnlySpan<byte> json) => ProofJson.Read(json, ProofJson.ReadBootProof);

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
            writer.WritePropertyName("createdAt"u8);
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
        writer.WritePropertyName(name);
        writer.WriteString(value);
    }
}
