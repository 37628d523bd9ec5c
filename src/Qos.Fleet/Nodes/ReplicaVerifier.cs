using Qos.Nsm;
using Qos.Protocol;
using Qos.Verify;

namespace Qos.Fleet;

/// <summary>
/// The one place where a replica's claims become facts: documents against the service's root, the image's measurements and the deployment's own manifest.
/// The checks are those of Qos.Verify. Safe for several threads.
/// </summary>
public sealed class ReplicaVerifier
{
    private static readonly byte[] s_debugMeasurement = new byte[Pcr.Size];

    private readonly FleetTrust _trust;
    private readonly TimeProvider _time;
    private readonly IntermediateCache _cache = new();

    /// <param name="trust">What is believed.</param>
    /// <param name="time">The clock that certificates are held against.</param>
    public ReplicaVerifier(FleetTrust trust, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(trust);
        (_trust, _time) = (trust, time);
    }

    /// <summary>Verifies a node's setup document for a deployment.</summary>
    /// <returns>The setup key, hex.</returns>
    /// <exception cref="DocumentRefusedException">It does not hold.</exception>
    public string VerifySetup(Deployment deployment, ReadOnlyMemory<byte> document)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        return Accept(For(deployment).VerifySetup(document.Span, deployment.ManifestBytes), document);
    }

    /// <summary>Verifies a node's live document for a deployment, with the envelope that the node was booted with.</summary>
    /// <returns>The live ephemeral key, hex, and the boot proof.</returns>
    /// <exception cref="DocumentRefusedException">It does not hold.</exception>
    public (string Key, BootProof Proof) VerifyLive(Deployment deployment, ReadOnlyMemory<byte> document, ManifestEnvelope? envelope)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        if (envelope is null)
            throw new DocumentRefusedException("the host gives no manifest envelope beside the document");
        AttestationDocument parsed;
        try
        {
            parsed = AttestationDocument.Parse(document.Span);
        }
        catch (AttestationException e)
        {
            throw new DocumentRefusedException($"document.format: {e.Message}", e);
        }

        string key = Convert.ToHexStringLower(parsed.PublicKey.GetValueOrDefault().Span);
        var proof = new BootProof
        {
            EphemeralPublicKeyHex = key,
            AttestationDocument = document,
            Manifest = deployment.ManifestBytes,
            ManifestEnvelope = ManifestEnvelopeFormat.Write(envelope),
        };
        Accept(For(deployment).VerifyBootProof(proof), document);
        return (key, proof);
    }

    private ProofVerifier For(Deployment deployment)
    {
        EnclaveImage image = _trust.Find(deployment.QosVersion)
            ?? throw new DocumentRefusedException($"the service no longer has the image {deployment.QosVersion}; it has {string.Join(", ", _trust.Images.Select(static image => image.Version))}");
        PcrProfile release = new(image.Version, image.Pcrs);
        return new ProofVerifier(new VerificationPolicy
        {
            Identity = DeploymentIdentity.FromManifestHash(deployment.ManifestHash),
            Measurements = deployment.DebugMode ? TrustedMeasurements.AnyOf(release, Debug(image)) : TrustedMeasurements.AnyOf(release),
            TrustAnchor = _trust.Root,
            Time = ValidationTime.Now,
            TimeProvider = _time,
            AllowDebug = deployment.DebugMode,
            Cache = _cache,
        });
    }

    // Nitro shows zeros for an image that runs in debug mode; its role stays.
    private static PcrProfile Debug(EnclaveImage image) => new(
        $"{image.Version} in debug mode",
        image.Pcrs.ToDictionary(static pcr => pcr.Key, static pcr => pcr.Key <= 2 ? s_debugMeasurement : pcr.Value));

    private static string Accept(VerificationResult result, ReadOnlyMemory<byte> document)
    {
        if (result.IsValid)
            return Convert.ToHexStringLower(AttestationDocument.Parse(document.Span).PublicKey.GetValueOrDefault().Span);
        Check first = result.Failures.FirstOrDefault() ?? result.Checks[0];
        throw new DocumentRefusedException($"{first.Name}: {first.Detail ?? $"expected {first.Expected ?? "something else"}, found {first.Actual ?? "nothing"}"}");
    }
}
