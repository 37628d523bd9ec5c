namespace Qos.Nsm;

/// <summary>
/// Verifies attestation documents against one trust anchor: the pinned root, then <c>cabundle[1..]</c>, then the certificate, all ECDSA on
/// P-384 with SHA-384, each valid at the chosen time, and the document's own signature. Safe for several threads.
/// Format: docs/protocol/nsm.md, Verification.
/// </summary>
/// <remarks>What the document says is another matter: user data, nonce, PCRs and keys are compared by the caller.</remarks>
public sealed class AttestationVerifier
{
    private readonly byte[] _anchorDer;

    /// <summary>Creates a verifier.</summary>
    /// <param name="trustAnchor">The root certificate in DER: <see cref="AwsRoot.Der"/>, or the simulator's.</param>
    /// <exception cref="AttestationException">The trust anchor is not an authority of the accepted profile.</exception>
    public AttestationVerifier(ReadOnlySpan<byte> trustAnchor)
    {
        _anchorDer = trustAnchor.ToArray();
        Anchor = NitroCertificate.Parse(_anchorDer, "The trust anchor");
        CertificateChain.RequireAuthority(Anchor, "The trust anchor", 0);
    }

    /// <summary>The trust anchor in DER.</summary>
    public ReadOnlyMemory<byte> TrustAnchor => _anchorDer;

    internal NitroCertificate Anchor { get; }

    /// <summary>Verifies a document at a time: now, or for an archived one the time that the caller means.</summary>
    /// <exception cref="AttestationException">It is refused.</exception>
    public void Verify(AttestationDocument document, DateTimeOffset time)
    {
        ArgumentNullException.ThrowIfNull(document);
        var chain = new CertificateChain(Anchor, document);
        chain.CheckNames();
        chain.CheckValidity(time);
        chain.CheckSignatures();
        chain.CheckDocument(document);
    }
}
