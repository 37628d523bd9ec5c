using System.Security.Cryptography;

namespace Qos.Eif;

/// <summary>
/// Signs images with ES384, so that PCR8 names the certificate. Format: docs/protocol/eif.md, Measurements. PCR0, PCR1 and PCR2 stay what they were.
/// ECDSA draws a random number: the same image signed twice gives two files.
/// </summary>
public static class EifSigner
{
    /// <summary>Writes a signed copy of an image; a signature that it has is replaced in its place.</summary>
    /// <param name="image">The image; read twice, so it must stay what it is.</param>
    /// <param name="output">Takes the copy; seekable, empty.</param>
    /// <param name="certificatePem">The signing certificate as PEM; it goes into the image byte for byte.</param>
    /// <param name="key">The certificate's private key, on P-384.</param>
    /// <exception cref="EifException">The image is not valid, the key does not fit, or there is no room for a section more.</exception>
    public static void Sign(EifPartSource image, Stream output, byte[] certificatePem, ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(certificatePem);
        ArgumentNullException.ThrowIfNull(key);
        EifImage read;
        using (Stream stream = image.Open())
            read = EifReader.Read(stream);
        if (read.StatedCrc != read.ComputedCrc)
            throw new EifException("the image's checksum is wrong: build it again before it is signed", EifHeader.CrcOffset);
        if (read.Version < EifFormat.FirstVersionWithSignature)
            throw new EifException($"an image of version {read.Version} cannot be signed; build it again.");

        byte[] der = CertificatePem.Decode(certificatePem);
        RequireMatch(der, key);
        byte[] section = EifSignature.Encode(certificatePem, read.Measurements.Pcr0.Span, key);
        if (section.Length > EifFormat.MaxSignature)
            throw new EifException($"the signature section would have {section.Length} bytes; leave the text around the certificate out.");

        var signature = EifPart.FromBytes(EifSectionType.Signature, section);
        List<EifPart> parts = [.. read.Sections.Select(part => part.Type == EifSectionType.Signature ? signature : EifPart.FromSection(image, part))];
        if (read.Signature is null)
            parts.Add(signature);
        EifWriter.Write(output, read, parts);
    }

    private static void RequireMatch(byte[] der, ECDsa key)
    {
        if (!EifCertificate.IsOn(key, ECCurve.NamedCurves.nistP384))
            throw new EifException($"the signing key has {key.KeySize} bits, but a key on P-384 is needed.");
        byte[] certified = EifCertificate.Use(der, static (_, publicKey) => publicKey.ExportSubjectPublicKeyInfo());
        if (!key.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(certified))
            throw new EifException("the signing key is not the one of the certificate.");
    }
}
