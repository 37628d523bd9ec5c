using System.Security.Cryptography;

namespace Qos.Nsm;

/// <summary>
/// Verifies attestation documents against one trust anchor: the pinned root, then <c>cabundle[1..]</c>, then the certificate, all ECDSA on
/// P-384 with SHA-384, each valid at the chosen time, and the document's own signature. Safe for several threads.
/// Specification: nsm, Verification.
/// </summary>
/// <remarks>What the document says is another matter: user data, nonce, PCRs and keys are compared by the caller.</remarks>
public sealed class AttestationVerifier
{
    private readonly NitroCertificate _anchor;
    private readonly CertificatePath _anchorPath;
    private readonly byte[] _anchorDer;
    private readonly IntermediateCache? _cache;

    /// <summary>Creates a verifier.</summary>
    /// <param name="trustAnchor">The root certificate in DER: <see cref="AwsRoot.Der"/>, or the simulator's.</param>
    /// <param name="cache">Remembers intermediate authorities; may be shared by several verifiers.</param>
    /// <exception cref="AttestationException">The trust anchor is not an authority of the accepted profile.</exception>
    public AttestationVerifier(ReadOnlySpan<byte> trustAnchor, IntermediateCache? cache = null)
    {
        _anchorDer = trustAnchor.ToArray();
        _anchor = NitroCertificate.Parse(_anchorDer, "The trust anchor");
        _anchorPath = CertificatePath.Of(_anchorDer);
        _cache = cache;
        RequireAuthority(_anchor, "The trust anchor", 0);
    }

    /// <summary>The trust anchor in DER.</summary>
    public ReadOnlyMemory<byte> TrustAnchor => _anchorDer;

    /// <summary>Verifies a document at a time: now, or for an archived one the time that the caller means.</summary>
    /// <exception cref="AttestationException">It is refused.</exception>
    public void Verify(AttestationDocument document, DateTimeOffset time)
    {
        ArgumentNullException.ThrowIfNull(document);
        ChainLink[] chain = ReadChain(document);
        CheckChain(chain);
        CheckValidity(chain, time);
        CheckChainSignatures(chain);
        CheckSignature(document, chain);
    }

    /// <summary>Runs every step, whatever an earlier one found, and says what each of them did.</summary>
    public IReadOnlyList<AttestationFinding> Examine(AttestationDocument document, DateTimeOffset time)
    {
        ArgumentNullException.ThrowIfNull(document);
        ChainLink[] chain = [];
        AttestationFinding certificates = Find(AttestationStep.Certificates, () => chain = ReadChain(document));
        if (!certificates.Passed)
        {
            return
            [
                certificates,
                .. Enum.GetValues<AttestationStep>().Skip(1).Select(step => new AttestationFinding(step, WasRun: false, null)),
            ];
        }

        return
        [
            certificates,
            Find(AttestationStep.Chain, () => CheckChain(chain)),
            Find(AttestationStep.Validity, () => CheckValidity(chain, time)),
            Find(AttestationStep.ChainSignatures, () => CheckChainSignatures(chain)),
            Find(AttestationStep.Signature, () => CheckSignature(document, chain)),
        ];
    }

    private static AttestationFinding Find(AttestationStep step, Action check)
    {
        try
        {
            check();
            return new(step, WasRun: true, null);
        }
        catch (AttestationException e)
        {
            return new(step, WasRun: true, e);
        }
    }

    /// <summary>The anchor, the bundle without its first entry, the leaf.</summary>
    private ChainLink[] ReadChain(AttestationDocument document)
    {
        var chain = new ChainLink[document.CaBundle.Count + 1];
        chain[0] = new(_anchor, "The trust anchor", _anchorPath, IsVerified: true);
        for (int i = 1; i < document.CaBundle.Count; i++)
        {
            string name = $"The document's cabundle[{i}]";
            ReadOnlyMemory<byte> der = document.CaBundle[i];
            CertificatePath path = _cache is null ? default : chain[i - 1].Path.Append(der.Span);
            NitroCertificate? known = _cache?.Find(path);
            chain[i] = new(known ?? NitroCertificate.Parse(der, name), name, path, IsVerified: known is not null);
        }

        const string leaf = "The document's certificate";
        chain[^1] = new(NitroCertificate.Parse(document.Certificate, leaf), leaf, default, IsVerified: false);
        return chain;
    }

    private static void CheckChain(ChainLink[] chain)
    {
        for (int i = 0; i < chain.Length - 1; i++)
        {
            if (!chain[i + 1].Certificate.Issuer.Span.SequenceEqual(chain[i].Certificate.Subject.Span))
            {
                throw new AttestationException(
                    AttestationError.NamesNotChained, $"{chain[i + 1].Name} was issued by another name than the subject of {Lower(chain[i].Name)}.");
            }

            RequireAuthority(chain[i].Certificate, chain[i].Name, authoritiesBelow: chain.Length - 2 - i);
        }

        if (chain[^1].Certificate.IsAuthority)
            throw new AttestationException(AttestationError.LeafIsAuthority, "The document's certificate is that of an authority.");
        if (!chain[^1].Certificate.CanSignData)
            throw new AttestationException(AttestationError.LeafCannotSign, "The document's certificate has a key usage without digitalSignature.");
    }

    private static void RequireAuthority(NitroCertificate certificate, string name, int authoritiesBelow)
    {
        if (!certificate.IsAuthority)
            throw new AttestationException(AttestationError.NotAnAuthority, $"{name} is not that of an authority.");
        if (!certificate.CanSignCertificates)
            throw new AttestationException(AttestationError.MissingKeyCertSign, $"{name} has a key usage without keyCertSign.");
        if (certificate.PathLength < authoritiesBelow)
        {
            throw new AttestationException(
                AttestationError.PathTooLong,
                $"{name} allows {certificate.PathLength} authorities below it, and there are {authoritiesBelow}.");
        }
    }

    private static void CheckValidity(ChainLink[] chain, DateTimeOffset time)
    {
        foreach (ChainLink link in chain)
        {
            if (time < link.Certificate.NotBefore)
            {
                throw new AttestationException(
                    AttestationError.NotYetValid, $"{link.Name} is valid from {link.Certificate.NotBefore:u} on, and the chosen time is {time:u}.");
            }

            if (time > link.Certificate.NotAfter)
            {
                throw new AttestationException(
                    AttestationError.Expired, $"{link.Name} was valid until {link.Certificate.NotAfter:u}, and the chosen time is {time:u}.");
            }
        }
    }

    private void CheckChainSignatures(ChainLink[] chain)
    {
        Span<byte> digest = stackalloc byte[SHA384.HashSizeInBytes];
        for (int i = 1; i < chain.Length; i++)
        {
            if (chain[i].IsVerified)
                continue;

            NitroCertificate certificate = chain[i].Certificate;
            SHA384.HashData(certificate.ToBeSigned.Span, digest);
            if (!P384.Verify(chain[i - 1].Certificate.PublicKey.Span, digest, certificate.Signature.Span))
            {
                throw new AttestationException(
                    AttestationError.InvalidChainSignature, $"{chain[i].Name} is not signed by {Lower(chain[i - 1].Name)}.");
            }

            if (i < chain.Length - 1)
                _cache?.Add(chain[i].Path, certificate);
        }
    }

    private static void CheckSignature(AttestationDocument document, ChainLink[] chain)
    {
        Span<byte> digest = stackalloc byte[SHA384.HashSizeInBytes];
        SHA384.HashData(SigStructure.Encode(document.ProtectedHeader.Span, document.Payload.Span), digest);
        if (!P384.Verify(chain[^1].Certificate.PublicKey.Span, digest, document.Signature.Span))
            throw new AttestationException(AttestationError.InvalidSignature, "The document is not signed by its certificate's key.");
    }

    private static string Lower(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    private readonly record struct ChainLink(NitroCertificate Certificate, string Name, CertificatePath Path, bool IsVerified);
}
