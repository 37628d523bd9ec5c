using System.Security.Cryptography;
using Qos.Native;

namespace Qos.Nsm;

/// <summary>
/// The certificates that vouch for a document, parsed: the trust anchor, the bundle without its first entry, the leaf. Each step of the
/// verification is one method, which throws what it finds. Format: docs/protocol/nsm.md, Verification.
/// </summary>
internal sealed class CertificateChain
{
    private readonly Link[] _links;

    /// <summary>Parses a document's chain.</summary>
    /// <param name="anchor">The trust anchor, which stands for the bundle's first entry.</param>
    /// <param name="document">The document.</param>
    /// <param name="verified">
    /// Gives the certificate <c>cabundle[i]</c> if its signature and those of all above it, up to the same anchor, were verified before.
    /// </param>
    /// <exception cref="AttestationException">A certificate is not strict DER of the accepted profile.</exception>
    public CertificateChain(NitroCertificate anchor, AttestationDocument document, Func<int, NitroCertificate?>? verified = null)
    {
        _links = new Link[document.CaBundle.Count + 1];
        _links[0] = new(anchor, "The trust anchor", IsVerified: true);
        for (int i = 1; i < document.CaBundle.Count; i++)
        {
            string name = $"The document's cabundle[{i}]";
            NitroCertificate? known = verified?.Invoke(i);
            _links[i] = new(known ?? NitroCertificate.Parse(document.CaBundle[i], name), name, IsVerified: known is not null);
        }

        const string leaf = "The document's certificate";
        _links[^1] = new(NitroCertificate.Parse(document.Certificate, leaf), leaf, IsVerified: false);
    }

    /// <summary>The certificate <c>cabundle[i]</c>; 0 is the trust anchor.</summary>
    public NitroCertificate this[int i] => _links[i].Certificate;

    /// <summary>Names are chained from the anchor down, authorities may sign what is below them, and the leaf is not an authority.</summary>
    public void CheckNames()
    {
        for (int i = 0; i < _links.Length - 1; i++)
        {
            if (!_links[i + 1].Certificate.Issuer.Span.SequenceEqual(_links[i].Certificate.Subject.Span))
            {
                throw new AttestationException(
                    AttestationError.NamesNotChained, $"{_links[i + 1].Name} was issued by another name than the subject of {Lower(_links[i].Name)}.");
            }

            RequireAuthority(_links[i].Certificate, _links[i].Name, authoritiesBelow: _links.Length - 2 - i);
        }

        if (_links[^1].Certificate.IsAuthority)
            throw new AttestationException(AttestationError.LeafIsAuthority, "The document's certificate is that of an authority.");
        if (!_links[^1].Certificate.CanSignData)
            throw new AttestationException(AttestationError.LeafCannotSign, "The document's certificate has a key usage without digitalSignature.");
    }

    /// <summary>A certificate may sign that many levels of authorities below it.</summary>
    public static void RequireAuthority(NitroCertificate certificate, string name, int authoritiesBelow)
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

    /// <summary>Every certificate is valid at the time.</summary>
    public void CheckValidity(DateTimeOffset time)
    {
        foreach (Link link in _links)
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

    /// <summary>Every certificate is signed by the one above it, up to the anchor.</summary>
    public void CheckSignatures()
    {
        Span<byte> digest = stackalloc byte[SHA384.HashSizeInBytes];
        for (int i = 1; i < _links.Length; i++)
        {
            if (_links[i].IsVerified)
                continue;

            NitroCertificate certificate = _links[i].Certificate;
            SHA384.HashData(certificate.ToBeSigned.Span, digest);
            if (!EcdsaCurve.P384.Verify(_links[i - 1].Certificate.PublicKey.Span, digest, certificate.Signature.Span))
            {
                throw new AttestationException(
                    AttestationError.InvalidChainSignature, $"{_links[i].Name} is not signed by {Lower(_links[i - 1].Name)}.");
            }
        }
    }

    /// <summary>The document is signed by the leaf's key.</summary>
    public void CheckDocument(AttestationDocument document)
    {
        Span<byte> digest = stackalloc byte[SHA384.HashSizeInBytes];
        SHA384.HashData(SigStructure.Encode(document.ProtectedHeader.Span, document.Payload.Span), digest);
        if (!EcdsaCurve.P384.Verify(_links[^1].Certificate.PublicKey.Span, digest, document.Signature.Span))
            throw new AttestationException(AttestationError.InvalidSignature, "The document is not signed by its certificate's key.");
    }

    private static string Lower(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    private readonly record struct Link(NitroCertificate Certificate, string Name, bool IsVerified);
}
