namespace Qos.Fleet.Api;

/// <summary>A boot proof.</summary>
public sealed record ApiBootProof
{
    /// <summary>The live key.</summary>
    public required string EphemeralPublicKeyHex { get; init; }

    /// <summary>The live document.</summary>
    public required byte[] AwsAttestationDocB64 { get; init; }

    /// <summary>The manifest as it is hashed.</summary>
    public required byte[] QosManifestB64 { get; init; }

    /// <summary>The envelope.</summary>
    public required byte[] QosManifestEnvelopeB64 { get; init; }

    /// <summary>The deployment.</summary>
    public required string DeploymentLabel { get; init; }

    /// <summary>The app.</summary>
    public required string EnclaveApp { get; init; }

    /// <summary>The organization.</summary>
    public required string Owner { get; init; }

    /// <summary>When it was kept.</summary>
    public required ApiTimestamp CreatedAt { get; init; }

    /// <summary>The manifest's schema.</summary>
    public string? QosManifestVersion { get; init; }
}
