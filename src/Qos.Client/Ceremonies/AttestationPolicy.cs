using Qos.Nsm;
using Qos.Protocol;
using Qos.Verify;

namespace Qos.Client;

/// <summary>How an operator believes a node's documents: under a policy, or, for development, without looking.</summary>
public sealed class AttestationPolicy
{
    private readonly VerificationPolicy? _policy;

    private AttestationPolicy(VerificationPolicy? policy) => _policy = policy;

    /// <summary>
    /// Believes every document that can be parsed: no root, no time, no measurement, no user data is looked at. For development against
    /// modules that nobody vouches for, and for nothing else.
    /// </summary>
    public static AttestationPolicy UnsafeSkip { get; } = new(null);

    /// <summary>Whether documents are believed without looking.</summary>
    public bool UnsafeSkipAttestation => _policy is null;

    /// <summary>Believes documents that this policy accepts.</summary>
    public static AttestationPolicy From(VerificationPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return new(policy);
    }

    /// <summary>
    /// What is demanded of the document of a node that the operator has a manifest or an output for, which says whose deployment it is.
    /// </summary>
    /// <param name="pcrs">The measurements that it must have; none is compared when empty.</param>
    /// <param name="time">When the certificates must be valid.</param>
    /// <param name="root">The trust anchor in DER; null for AWS's.</param>
    public static AttestationPolicy From(IReadOnlyDictionary<int, byte[]> pcrs, ValidationTime time, byte[]? root)
    {
        ArgumentNullException.ThrowIfNull(pcrs);
        return new(new VerificationPolicy
        {
            Identity = DeploymentIdentity.Anyone,
            Measurements = pcrs.Count == 0 ? TrustedMeasurements.Any : TrustedMeasurements.AnyOf(new PcrProfile("the given measurements", pcrs)),
            Time = time,
            TrustAnchor = root ?? AwsRoot.Der.ToArray(),
            // A member approves the debug mode with the manifest, and a module of a development node measures nothing.
            AllowDebug = true,
        });
    }

    /// <summary>Verifies a document's chain, signature and measurements.</summary>
    /// <exception cref="CeremonyException">It is refused; the message names the first check that does not hold.</exception>
    public AttestationDocument Verify(ReadOnlyMemory<byte> coseSign1) => _policy is null
        ? Parse(coseSign1)
        : Known(Accept(Verifier(_policy).VerifyAttestation(coseSign1.Span)));

    /// <summary>Verifies that a document is a booted node's, for this manifest, with its setup key.</summary>
    /// <exception cref="CeremonyException">It is refused; the message names the first check that does not hold.</exception>
    public AttestationDocument VerifySetup(ReadOnlyMemory<byte> coseSign1, Manifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return _policy is null
            ? Parse(coseSign1)
            : Accept(Verifier(_policy).VerifySetup(coseSign1.Span, manifest.HashedBytes()));
    }

    /// <summary>Refuses a root that no document could be verified under, before anything is asked for.</summary>
    /// <exception cref="CeremonyException">It is no root.</exception>
    public void RequireUsableRoot()
    {
        if (_policy is not null)
            _ = Verifier(_policy);
    }

    // What a node's module signed and this program does not understand cannot be believed.
    private static AttestationDocument Known(AttestationDocument document) => document.UnknownMembers.Count == 0
        ? document
        : throw new CeremonyException($"The attestation document is refused: it has members that are not known here, {VisibleText.Escape(string.Join(", ", document.UnknownMembers))}.");

    private static ProofVerifier Verifier(VerificationPolicy policy)
    {
        try
        {
            return new ProofVerifier(policy);
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

    private static AttestationDocument Accept(VerificationResult result)
    {
        if (result.Proven?.Document is { } document)
            return document;

        Check first = result.Failures.First();
        string values = first.Detail ?? $"expected {first.Expected ?? "something else"}, found {first.Actual ?? "nothing"}";
        string hint = first.Name switch
        {
            // What a member sees when others were faster.
            CheckNames.SetupCommitment => ". A node that has its quorum key shows the document of another key and needs no share: 'qos node status' shows its phase",
            CheckNames.DocumentChain => " The root is AWS's unless --root names another, such as a simulator's.",
            _ => "",
        };
        throw new CeremonyException($"The attestation document is refused at {first.Name}: {values}{hint}");
    }
}
