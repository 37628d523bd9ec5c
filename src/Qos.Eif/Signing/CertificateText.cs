using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography;

namespace Qos.Eif;

/// <summary>A signing certificate in the words of <c>nitro-cli describe-eif</c>, which are OpenSSL's.</summary>
/// <param name="IssuerName">The issuer's attributes by their long names, sorted; of two with one name, the last.</param>
/// <param name="Algorithm">How it was signed.</param>
/// <param name="Signature">Its signature: bytes in upper-case hexadecimal with colons between.</param>
internal sealed record CertificateText(IReadOnlyDictionary<string, string> IssuerName, string Algorithm, string Signature)
{
    private static readonly Dictionary<string, string> s_longNames = new()
    {
        ["2.5.4.3"] = "commonName",
        ["2.5.4.4"] = "surname",
        ["2.5.4.5"] = "serialNumber",
        ["2.5.4.6"] = "countryName",
        ["2.5.4.7"] = "localityName",
        ["2.5.4.8"] = "stateOrProvinceName",
        ["2.5.4.9"] = "streetAddress",
        ["2.5.4.10"] = "organizationName",
        ["2.5.4.11"] = "organizationalUnitName",
        ["2.5.4.12"] = "title",
        ["2.5.4.17"] = "postalCode",
        ["2.5.4.42"] = "givenName",
        ["0.9.2342.19200300.100.1.1"] = "userId",
        ["0.9.2342.19200300.100.1.25"] = "domainComponent",
        ["1.2.840.113549.1.9.1"] = "emailAddress",
        ["1.2.840.10045.4.1"] = "ecdsa-with-SHA1",
        ["1.2.840.10045.4.3.2"] = "ecdsa-with-SHA256",
        ["1.2.840.10045.4.3.3"] = "ecdsa-with-SHA384",
        ["1.2.840.10045.4.3.4"] = "ecdsa-with-SHA512",
        ["1.2.840.113549.1.1.10"] = "rsassaPss",
        ["1.2.840.113549.1.1.11"] = "sha256WithRSAEncryption",
        ["1.2.840.113549.1.1.12"] = "sha384WithRSAEncryption",
        ["1.2.840.113549.1.1.13"] = "sha512WithRSAEncryption",
        ["1.3.101.112"] = "ED25519",
    };

    /// <summary>A time as OpenSSL prints it: <c>Jan  1 00:00:00 2026 GMT</c>.</summary>
    public static string Time(DateTimeOffset time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time:MMM} {time.Day,2} {time:HH:mm:ss yyyy} GMT");

    /// <exception cref="AsnContentException">It is not a certificate.</exception>
    /// <exception cref="CryptographicException">A text in it is malformed.</exception>
    public static CertificateText Parse(byte[] der, byte[] issuer)
    {
        AsnReader certificate = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        certificate.ReadEncodedValue();
        string algorithm = certificate.ReadSequence().ReadObjectIdentifier();
        byte[] signature = certificate.ReadBitString(out _);
        var names = new SortedDictionary<string, string>(StringComparer.Ordinal);
        AsnReader parts = new AsnReader(issuer, AsnEncodingRules.BER).ReadSequence();
        while (parts.HasData)
        {
            AsnReader part = parts.ReadSetOf(skipSortOrderValidation: true);
            while (part.HasData)
            {
                AsnReader pair = part.ReadSequence();
                string type = pair.ReadObjectIdentifier();
                names[NameOf(type)] = Text(pair);
            }
        }

        return new CertificateText(names, NameOf(algorithm), string.Join(':', signature.Select(static value => value.ToString("X2", CultureInfo.InvariantCulture))));
    }

    private static string NameOf(string oid) => s_longNames.GetValueOrDefault(oid, oid);

    // Of a kind of text that is not known, its bytes.
    private static string Text(AsnReader pair)
    {
        Asn1Tag tag = pair.PeekTag();
        return tag is { TagClass: TagClass.Universal } && (UniversalTagNumber)tag.TagValue is
            UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString or UniversalTagNumber.IA5String or UniversalTagNumber.BMPString
            or UniversalTagNumber.T61String or UniversalTagNumber.NumericString or UniversalTagNumber.VisibleString
            ? pair.ReadCharacterString((UniversalTagNumber)tag.TagValue)
            : Convert.ToHexString(pair.ReadEncodedValue().Span);
    }
}
