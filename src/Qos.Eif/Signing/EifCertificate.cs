using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Qos.Eif;

/// <summary>What matters of a signing certificate. Format: docs/protocol/eif.md, Measurements. Nobody vouches for it: PCR8 names it, and that is compared.</summary>
/// <param name="Subject">Whom it names.</param>
/// <param name="Issuer">Who issued it, by its own words.</param>
/// <param name="NotBefore">From when it is valid.</param>
/// <param name="NotAfter">Until when it is valid.</param>
public sealed record EifCertificate(string Subject, string Issuer, DateTimeOffset NotBefore, DateTimeOffset NotAfter)
{
    /// <exception cref="EifException">It is not a certificate with a key on a curve.</exception>
    internal static EifCertificate Parse(byte[] der) => Use(der, static (certificate, _) => new EifCertificate(
        certificate.Subject,
        certificate.Issuer,
        new DateTimeOffset(certificate.NotBefore.ToUniversalTime()),
        new DateTimeOffset(certificate.NotAfter.ToUniversalTime())));

    /// <summary>Whether a key lies on that named curve: other curves have keys as long.</summary>
    internal static bool IsOn(ECDsa key, ECCurve curve) => key.ExportParameters(includePrivateParameters: false).Curve is { IsNamed: true } its && its.Oid.Value == curve.Oid.Value;

    /// <summary>Hands the certificate and its key to <paramref name="use"/>.</summary>
    /// <exception cref="EifException">It is not a certificate with a key on a curve.</exception>
    internal static T Use<T>(byte[] der, Func<X509Certificate2, ECDsa, T> use)
    {
        try
        {
            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(der);
            // PCR8 covers the certificate as tools that read it write it again.
            if (!certificate.RawDataMemory.Span.SequenceEqual(der))
                throw new EifException("bytes follow the signing certificate in its PEM block.");
            using ECDsa key = certificate.GetECDsaPublicKey()
                ?? throw new EifException("the signing certificate's key is not one on an elliptic curve.");
            return use(certificate, key);
        }
        catch (Exception e) when (e is CryptographicException or AsnContentException or ArgumentException or NotSupportedException or FormatException and not EifException)
        {
            throw new EifException("the signing certificate cannot be read: its DER or its key is malformed.", e);
        }
    }
}
