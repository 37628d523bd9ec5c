using System.Formats.Asn1;

namespace Qos.Nsm;

/// <summary>The extensions of a certificate that decide what it may sign. A critical one of any other kind is refused.</summary>
internal sealed class CertificateExtensions
{
    private const string BasicConstraints = "2.5.29.19";
    private const string KeyUsage = "2.5.29.15";

    public bool IsAuthority { get; private set; }

    public int? PathLength { get; private set; }

    public bool HasKeyUsage { get; private set; }

    public bool DigitalSignature { get; private set; }

    public bool KeyCertSign { get; private set; }

    /// <summary>Reads <c>[3] { SEQUENCE OF Extension }</c>, which a certificate of version 3 may lack.</summary>
    public static CertificateExtensions Read(AsnReader fields, string name)
    {
        var extensions = new CertificateExtensions();
        if (!fields.HasData)
            return extensions;

        AsnReader field = fields.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 3));
        AsnReader list = field.ReadSequence();
        field.ThrowIfNotEmpty();

        var seen = new HashSet<string>(StringComparer.Ordinal);
        do
        {
            AsnReader extension = list.ReadSequence();
            string oid = extension.ReadObjectIdentifier();
            if (!seen.Add(oid))
                throw new AsnContentException($"the extension {oid} is there twice");

            bool critical = extension.PeekTag() == Asn1Tag.Boolean && ReadTrue(extension);
            var value = new AsnReader(extension.ReadOctetString(), AsnEncodingRules.DER);
            extension.ThrowIfNotEmpty();
            extensions.Take(oid, critical, value, name);
        }
        while (list.HasData);
        return extensions;
    }

    private void Take(string oid, bool critical, AsnReader value, string name)
    {
        switch (oid)
        {
            case BasicConstraints:
                ReadBasicConstraints(value);
                break;
            case KeyUsage:
                ReadKeyUsage(value);
                break;
            default:
                if (critical)
                {
                    throw new AttestationException(
                        AttestationError.UnknownCriticalExtension, $"{name} has the critical extension {oid}, which is not known here.");
                }

                break;
        }
    }

    private void ReadBasicConstraints(AsnReader value)
    {
        AsnReader fields = value.ReadSequence();
        value.ThrowIfNotEmpty();
        IsAuthority = fields.HasData && fields.PeekTag() == Asn1Tag.Boolean && ReadTrue(fields);
        if (!fields.HasData)
            return;

        if (!IsAuthority || !fields.TryReadInt32(out int pathLength) || pathLength < 0)
            throw new AsnContentException("basicConstraints has a path length that it may not have");
        PathLength = pathLength;
        fields.ThrowIfNotEmpty();
    }

    private void ReadKeyUsage(AsnReader value)
    {
        byte[] bits = value.ReadBitString(out _);
        value.ThrowIfNotEmpty();
        HasKeyUsage = true;

        // Bit 0 is the highest of the first byte; RFC 5280, section 4.2.1.3, numbers digitalSignature 0 and keyCertSign 5.
        DigitalSignature = bits.Length > 0 && (bits[0] & 0x80) != 0;
        KeyCertSign = bits.Length > 0 && (bits[0] & 0x04) != 0;
    }

    // DER leaves a value out that is the default, and the default is false.
    private static bool ReadTrue(AsnReader reader) =>
        reader.ReadBoolean() ? true : throw new AsnContentException("a default value is written out");
}
