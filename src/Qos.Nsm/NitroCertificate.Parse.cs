using System.Formats.Asn1;
using Qos.Native;

namespace Qos.Nsm;

internal sealed partial class NitroCertificate
{
    // SEQUENCE { OID 1.2.840.10045.4.3.3 }
    private static ReadOnlySpan<byte> EcdsaWithSha384 => [0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03];

    // SEQUENCE { SEQUENCE { OID id-ecPublicKey, OID secp384r1 }, BIT STRING of 97 bytes, none unused }, up to the point
    private static ReadOnlySpan<byte> P384KeyPrefix =>
    [
        0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
        0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00,
    ];

    /// <summary>Reads a certificate in DER.</summary>
    /// <exception cref="AttestationException">It is not DER, or not of the accepted profile.</exception>
    /// <param name="der">The certificate.</param>
    /// <param name="name">What to call it in a message.</param>
    public static NitroCertificate Parse(ReadOnlyMemory<byte> der, string name)
    {
        try
        {
            var outer = new AsnReader(der, AsnEncodingRules.DER);
            AsnReader certificate = outer.ReadSequence();
            outer.ThrowIfNotEmpty();

            ReadOnlyMemory<byte> toBeSigned = certificate.PeekEncodedValue();
            AsnReader fields = certificate.ReadSequence();
            RequireAlgorithm(certificate.ReadEncodedValue().Span, name);
            byte[] signature = ReadSignature(certificate);
            certificate.ThrowIfNotEmpty();
            return ReadFields(fields, toBeSigned, signature, name);
        }
        catch (Exception e) when (e is AsnContentException or OverflowException)
        {
            throw new AttestationException(AttestationError.InvalidCertificate, $"{name} is not a certificate in DER: {e.Message}", e);
        }
    }

    private static NitroCertificate ReadFields(AsnReader fields, ReadOnlyMemory<byte> toBeSigned, byte[] signature, string name)
    {
        AsnReader versionField = fields.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
        if (!versionField.TryReadInt32(out int version) || version != 2)
            throw Invalid(name, "its version is not 3");
        versionField.ThrowIfNotEmpty();

        ReadOnlyMemory<byte> serial = fields.ReadIntegerBytes();
        if (serial.Length > 21)
            throw Invalid(name, "its serial number is longer than 20 bytes");

        RequireAlgorithm(fields.ReadEncodedValue().Span, name);
        ReadOnlyMemory<byte> issuer = ReadName(fields);

        AsnReader validity = fields.ReadSequence();
        DateTimeOffset notBefore = ReadTime(validity);
        DateTimeOffset notAfter = ReadTime(validity);
        validity.ThrowIfNotEmpty();

        ReadOnlyMemory<byte> subject = ReadName(fields);
        ReadOnlyMemory<byte> publicKey = ReadPublicKey(fields, name);
        CertificateExtensions extensions = CertificateExtensions.Read(fields, name);
        fields.ThrowIfNotEmpty();

        return new NitroCertificate
        {
            ToBeSigned = toBeSigned,
            Issuer = issuer,
            Subject = subject,
            NotBefore = notBefore,
            NotAfter = notAfter,
            PublicKey = publicKey,
            Signature = signature,
            IsAuthority = extensions.IsAuthority,
            PathLength = extensions.PathLength,
            CanSignCertificates = extensions.KeyCertSign,
            CanSignData = !extensions.HasKeyUsage || extensions.DigitalSignature,
        };
    }

    /// <summary>A name is compared as bytes, so it only has to be one well-formed, non-empty sequence.</summary>
    private static ReadOnlyMemory<byte> ReadName(AsnReader fields)
    {
        ReadOnlyMemory<byte> encoded = fields.PeekEncodedValue();
        AsnReader parts = fields.ReadSequence();
        if (!parts.HasData)
            throw new AsnContentException("a name is empty");

        while (parts.HasData)
        {
            AsnReader part = parts.ReadSetOf();
            do
            {
                AsnReader pair = part.ReadSequence();
                pair.ReadObjectIdentifier();
                pair.ReadEncodedValue();
                pair.ThrowIfNotEmpty();
            }
            while (part.HasData);
        }

        return encoded;
    }

    private static DateTimeOffset ReadTime(AsnReader validity) => validity.PeekTag() == new Asn1Tag(UniversalTagNumber.UtcTime)
        ? validity.ReadUtcTime(2049)
        : validity.ReadGeneralizedTime();

    private static ReadOnlyMemory<byte> ReadPublicKey(AsnReader fields, string name)
    {
        ReadOnlyMemory<byte> encoded = fields.ReadEncodedValue();
        return encoded.Length == P384KeyPrefix.Length + EcdsaCurve.P384.PointSize && encoded.Span.StartsWith(P384KeyPrefix)
            ? encoded[P384KeyPrefix.Length..]
            : throw new AttestationException(AttestationError.UnsupportedAlgorithm, $"{name} has a key that is not a named point on P-384.");
    }

    private static void RequireAlgorithm(ReadOnlySpan<byte> encoded, string name)
    {
        if (!encoded.SequenceEqual(EcdsaWithSha384))
            throw new AttestationException(AttestationError.UnsupportedAlgorithm, $"{name} is not signed with ecdsa-with-SHA384.");
    }

    private static byte[] ReadSignature(AsnReader certificate)
    {
        byte[] encoded = certificate.ReadBitString(out int unusedBits);
        return unusedBits == 0 ? SignatureFromDer(encoded) : throw new AsnContentException("the signature does not end at a byte");
    }

    /// <summary>Makes r || s, each of 48 bytes, of SEQUENCE { r, s } in strict DER.</summary>
    /// <exception cref="AsnContentException">It is not that.</exception>
    internal static byte[] SignatureFromDer(ReadOnlyMemory<byte> encoded)
    {
        var outer = new AsnReader(encoded, AsnEncodingRules.DER);
        AsnReader numbers = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        byte[] signature = new byte[EcdsaCurve.P384.SignatureSize];
        ReadScalar(numbers, signature.AsSpan(0, signature.Length / 2));
        ReadScalar(numbers, signature.AsSpan(signature.Length / 2));
        numbers.ThrowIfNotEmpty();
        return signature;
    }

    private static void ReadScalar(AsnReader numbers, Span<byte> destination)
    {
        ReadOnlySpan<byte> number = numbers.ReadIntegerBytes().Span;
        if ((number[0] & 0x80) != 0)
            throw new AsnContentException("a number of the signature is negative");
        if (number[0] == 0)
            number = number[1..];
        if (number.Length > destination.Length)
            throw new AsnContentException("a number of the signature is too long");
        number.CopyTo(destination[^number.Length..]);
    }

    private static AttestationException Invalid(string name, string what) =>
        new(AttestationError.InvalidCertificate, $"{name} is not accepted: {what}.");
}
