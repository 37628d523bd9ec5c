using Qos.Nsm;
using Qos.Protocol;
using Qos.Verify;

namespace Qos.Client;

/// <summary>What an operator believes before a document is believed: whose root, at which time, which measurements.</summary>
public sealed record AttestationPolicy
{
    /// <summary>The trust anchor in DER; AWS's by default.</summary>
    public ReadOnlyMemory<byte> Root { get; init; } = AwsRoot.Der.ToArray();

    /// <summary>When the certificates must be valid; a document's own time is meant for archived documents.</summary>
    public ValidationTime Time { get; init; } = ValidationTime.Now;

    /// <summary>The PCRs that a document must have, by index; none is compared when empty.</summary>
    public IReadOnlyDictionary<int, byte[]> Pcrs { get; init; } = new Dictionary<int, byte[]>();

    /// <summary>
    /// Believes every document that can be parsed: no root, no time, no measurement, no user data is looked at. For development against
    /// modules that nobody vouches for, and for nothing else.
    /// </summary>
    public bool UnsafeSkipAttestation { get; init; }

    /// <summary>Verifies a document's chain, signature and measurements.</summary>
    /// <exception cref="CeremonyException">It is refused; the message names the first check that does not hold.</exception>
    public AttestationDocument Verify(ReadOnlyMemory<byte> coseSign1) => UnsafeSkipAttestation
        ? Parse(coseSign1)
        : Accept(Verifier().VerifyAttestation(coseSign1.Span), coseSign1);

    /// <summary>Verifies that a document is a booted node's, for this manifest, with its setup key. Specification: nsm, Verification, 4.</summary>
    /// <exception cref="CeremonyException">It is refused; the message names the first check that does not hold.</exception>
    public AttestationDocument VerifySetup(ReadOnlyMemory<byte> coseSign1, Manifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return UnsafeSkipAttestation
            ? Parse(coseSign1)
            : Accept(Verifier().VerifySetup(coseSign1.Span, manifest.HashedBytes()), coseSign1);
    }

    private ProofVerifier Verifier()
    {
        try
        {
            return new ProofVerifier(new VerificationOptions
            {
                TrustAnchor = Root,
                Time = Time,
                TrustedPcrs = Pcrs.Count == 0 ? [] : [new PcrProfile("the given measurements", Pcrs)],
            });
        }
        catch (AttestationException e)
        {
            throw new CeremonyException($"The root certificate cannot be used: {e.Message}", e);
        }
    }

    private static AttestationDocument Parse(ReadOnlyMemory<byte> coseSign1)
    {
        try
        {
            return AttestationDocument.Parse(coseSign1.Span);
        }
        catch (AttestationException e)
        {
            throw new CeremonyException($"The attestation document cannot be read: {e.Message}", e);
        }
    }

    private static AttestationDocument Accept(VerificationResult result, ReadOnlyMemory<byte> coseSign1)
    {
        if (result.IsValid)
            return AttestationDocument.Parse(coseSign1.Span);

        Check first = result.Failures.First();
        string values = first.Detail ?? $"expected {first.Expected ?? "something else"}, found {first.Actual ?? "nothing"}";
        throw new CeremonyException($"The attestation document is refused at {first.Name}: {values}");
    }
}
