namespace Qos.Protocol;

/// <summary>The enclave that a manifest is for. Format: docs/protocol/manifest.md.</summary>
public sealed record EnclaveConfig
{
    /// <summary>Measurement of the image; 48 bytes when valid.</summary>
    public required ReadOnlyMemory<byte> Pcr0 { get; init; }

    /// <summary>Measurement of kernel and first ramdisk; 48 bytes when valid.</summary>
    public required ReadOnlyMemory<byte> Pcr1 { get; init; }

    /// <summary>Measurement of the further ramdisks; 48 bytes when valid.</summary>
    public required ReadOnlyMemory<byte> Pcr2 { get; init; }

    /// <summary>The parent instance's role; 48 bytes when valid.</summary>
    public required ReadOnlyMemory<byte> Pcr3 { get; init; }

    /// <summary>The root that attestation documents must lead to, DER.</summary>
    public required ReadOnlyMemory<byte> AwsRootCertificate { get; init; }

    /// <summary>The commit that the enclave's software was built from; free text.</summary>
    public required string QosCommit { get; init; }
}
