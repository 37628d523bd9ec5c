using System.Formats.Cbor;
using System.Security.Cryptography;

namespace Qos.Eif;

/// <summary>
/// The signature section: one certificate, and with its key a COSE_Sign1 over <c>{register_index: 0, register_value: PCR0}</c>.
/// Format: docs/protocol/eif.md, Measurements.
/// </summary>
public sealed class EifSignature
{
    private const string IndexName = "register_index";
    private const string ValueName = "register_value";
    private const string CertificateName = "signing_certificate";
    private const string SignatureName = "signature";

    private readonly CoseSign1 _cose;

    private EifSignature(byte[] certificateDer, CoseSign1 cose, int registerIndex, byte[] registerValue)
    {
        CertificateDer = certificateDer;
        Certificate = EifCertificate.Parse(certificateDer);
        CertificateText = EifCertificate.Use(certificateDer, static (certificate, _) => CertificateText.Parse(certificate.RawData, certificate.IssuerName.RawData));
        _cose = cose;
        RegisterIndex = registerIndex;
        RegisterValue = registerValue;
    }

    /// <summary>The certificate, whose DER PCR8 measures.</summary>
    public EifCertificate Certificate { get; }

    /// <summary>Which register was signed: 0 in every image known.</summary>
    public int RegisterIndex { get; }

    /// <summary>The value that was signed.</summary>
    public ReadOnlyMemory<byte> RegisterValue { get; }

    internal byte[] CertificateDer { get; }

    internal CertificateText CertificateText { get; }

    /// <summary>Reads a signature section; whether the signature is good, says <see cref="FindProblem"/>.</summary>
    /// <exception cref="EifException">It has another form, or not exactly one signature.</exception>
    public static EifSignature Parse(byte[] section)
    {
        ArgumentNullException.ThrowIfNull(section);
        try
        {
            CborReader reader = CborBytes.Open(section);
            reader.ReadStartArray();
            (byte[] certificate, byte[] signature) = ReadPair(reader, CertificateName, SignatureName, CborBytes.Read, CborBytes.Read);
            // Existing tools look at the first one only: a second would be there for somebody else to find.
            reader.ReadEndArray();
            CborBytes.RequireEnd(reader);

            var cose = CoseSign1.Parse(signature);
            CborReader payload = CborBytes.Open(cose.Payload);
            (int index, byte[] value) = ReadPair(payload, IndexName, ValueName, static number => number.ReadInt32(), CborBytes.Read);
            CborBytes.RequireEnd(payload);
            return new EifSignature(CertificatePem.Decode(certificate), cose, index, value);
        }
        catch (Exception e) when (CborBytes.IsRefusal(e))
        {
            throw new EifException($"the signature section is not what it should be: {e.Message.TrimEnd('.')}.", e);
        }
    }

    /// <summary>Checks the signature.</summary>
    /// <param name="pcr0">What the image measures to.</param>
    /// <param name="time">When the certificate must be valid; null leaves that open.</param>
    /// <returns>What is wrong, in one line; null if nothing is.</returns>
    public string? FindProblem(ReadOnlySpan<byte> pcr0, DateTimeOffset? time)
    {
        if (RegisterIndex != 0)
            return $"the signature is over PCR{RegisterIndex}; PCR0 must be signed.";
        if (!RegisterValue.Span.SequenceEqual(pcr0))
            return "the signature is over another value of PCR0: it was made for another image.";

        string? problem = EifCertificate.Use(CertificateDer, (_, key) => FindFault(key));
        if (problem is not null || time is not { } now)
            return problem;
        if (now < Certificate.NotBefore)
            return $"the signing certificate is not valid before {Certificate.NotBefore:u}.";
        return now > Certificate.NotAfter ? $"the signing certificate is not valid after {Certificate.NotAfter:u}." : null;
    }

    internal static byte[] Encode(byte[] certificatePem, ReadOnlySpan<byte> pcr0, ECDsa key)
    {
        var payload = new CborWriter(CborConformanceMode.Lax);
        payload.WriteStartMap(2);
        payload.WriteTextString(IndexName);
        payload.WriteInt32(0);
        payload.WriteTextString(ValueName);
        CborBytes.Write(payload, pcr0);
        payload.WriteEndMap();

        var section = new CborWriter(CborConformanceMode.Lax);
        section.WriteStartArray(1);
        section.WriteStartMap(2);
        section.WriteTextString(CertificateName);
        CborBytes.Write(section, certificatePem);
        section.WriteTextString(SignatureName);
        CborBytes.Write(section, CoseSign1.Sign(payload.Encode(), key));
        section.WriteEndMap();
        section.WriteEndArray();
        return section.Encode();
    }

    private string? FindFault(ECDsa key)
    {
        ECCurve curve = _cose.Algorithm switch
        {
            CoseSign1.Es256 => ECCurve.NamedCurves.nistP256,
            CoseSign1.Es384 => ECCurve.NamedCurves.nistP384,
            CoseSign1.Es512 => ECCurve.NamedCurves.nistP521,
            _ => default,
        };
        if (!curve.IsNamed)
            return $"the signature's algorithm is {_cose.Algorithm}; ES256, ES384 and ES512 are known.";
        if (!EifCertificate.IsOn(key, curve))
            return $"the certificate's key is not on the curve of the signature's algorithm, {curve.Oid.FriendlyName}.";
        return _cose.IsSignedBy(key) ? null : "the signature was not made with the key of its certificate.";
    }

    private static (TFirst First, TSecond Second) ReadPair<TFirst, TSecond>(
        CborReader reader, string first, string second, Func<CborReader, TFirst> readFirst, Func<CborReader, TSecond> readSecond)
    {
        (bool Found, TFirst Value) one = default;
        (bool Found, TSecond Value) two = default;
        reader.ReadStartMap();
        while (reader.PeekState() != CborReaderState.EndMap)
        {
            string name = reader.ReadTextString();
            if (name == first && !one.Found)
                one = (true, readFirst(reader));
            else if (name == second && !two.Found)
                two = (true, readSecond(reader));
            else
                throw new CborContentException("a member is there twice or is not known");
        }

        reader.ReadEndMap();
        if (!one.Found || !two.Found)
            throw new CborContentException($"\"{(one.Found ? second : first)}\" is missing");
        return (one.Value, two.Value);
    }
}
