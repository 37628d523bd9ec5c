using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Qos.Vectors;

namespace Qos.Eif.Tests;

/// <summary>Signatures, good and bad.</summary>
public sealed class SignatureTests : IDisposable
{
    private readonly SigningKeys _keys = SigningKeys.P384();
    private readonly byte[] _unsigned = VectorFiles.Bytes("eif", "two.eif");

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void Signing_adds_PCR8_and_leaves_the_others()
    {
        EifImage image = Read.Image(_keys.Sign(_unsigned));
        Assert.True(EifVerification.From(image, SigningKeys.NotBefore).IsValid);
        Assert.Equal(Read.Registers(Read.Image(_unsigned)), Read.Registers(image));
        byte[] expected = SHA384.HashData([.. new byte[48], .. SHA384.HashData(_keys.Der)]);
        Assert.Equal(expected, image.Measurements.Pcr8!.Value.ToArray());
        Assert.Contains("CN=image signer", image.Signature!.Certificate.Subject, StringComparison.Ordinal);
        Assert.EndsWith($"{Convert.ToHexStringLower(expected)} PCR8\n", image.Measurements.ToPcrsText(), StringComparison.Ordinal);
        Assert.Equal(EifSectionType.Signature, image.Sections[^1].Type);
    }

    [Fact]
    public void The_section_has_the_form_that_existing_tools_read()
    {
        byte[] section = Read.Image(_keys.Sign(_unsigned)).SignatureBytes!.Value.ToArray();
        var reader = new CborReader(section);
        Assert.Equal(1, reader.ReadStartArray());
        Assert.Equal(2, reader.ReadStartMap());
        Assert.Equal("signing_certificate", reader.ReadTextString());
        Assert.Equal(_keys.Pem, ReadIntegers(reader));
        Assert.Equal("signature", reader.ReadTextString());
        byte[] cose = ReadIntegers(reader);
        Assert.Equal([0x84, 0x44, 0xa1, 0x01, 0x38, 0x22, 0xa0], cose[..7]);

        reader = new CborReader(cose);
        reader.ReadStartArray();
        reader.ReadByteString();
        reader.SkipValue();
        byte[] payload = reader.ReadByteString();
        Assert.Equal(96, reader.ReadByteString().Length);
        reader = new CborReader(payload);
        Assert.Equal(2, reader.ReadStartMap());
        Assert.Equal("register_index", reader.ReadTextString());
        Assert.Equal(0, reader.ReadInt32());
        Assert.Equal("register_value", reader.ReadTextString());
        Assert.Equal(Read.Image(_unsigned).Measurements.Pcr0.ToArray(), ReadIntegers(reader));
    }

    [Fact]
    public void A_second_signing_replaces_the_first()
    {
        using SigningKeys others = SigningKeys.P384();
        byte[] twice = others.Sign(_keys.Sign(_unsigned));
        EifImage image = Read.Image(twice);
        Assert.True(EifVerification.From(image).IsValid);
        Assert.Single(image.Sections, static section => section.Type == EifSectionType.Signature);
        Assert.Equal(Read.Image(others.Sign(_unsigned)).Measurements.Pcr8!.Value.ToArray(), image.Measurements.Pcr8!.Value.ToArray());
    }

    [Fact]
    public void A_signature_of_another_image_is_refused()
    {
        byte[] section = Read.Image(_keys.Sign(_unsigned)).SignatureBytes!.Value.ToArray();
        Assert.Contains("another image", Problem(Small(section)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_signature_by_another_key_is_refused()
    {
        using SigningKeys others = SigningKeys.P384();
        byte[] pcr0 = Read.Image(RawImage.Small().ToBytes()).Measurements.Pcr0.ToArray();
        byte[] section = EifSignature.Encode(others.Pem, pcr0, _keys.Key);
        Assert.Contains("not made with the key", Problem(Small(section)), StringComparison.Ordinal);
        Assert.Contains("\"SignatureCheck\": false", EifDescription.ToJson(Read.Image(Small(section))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_counts_only_in_its_time_if_time_is_asked_for()
    {
        EifImage image = Read.Image(_keys.Sign(_unsigned));
        Assert.True(EifVerification.From(image).IsValid);
        Assert.Contains("not valid before", Assert.Single(EifVerification.From(image, SigningKeys.NotBefore.AddDays(-1)).Problems), StringComparison.Ordinal);
        Assert.Contains("not valid after", Assert.Single(EifVerification.From(image, SigningKeys.NotAfter.AddDays(1)).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_a_fitting_key_on_P384_signs()
    {
        using SigningKeys others = SigningKeys.P384();
        using var p256 = new SigningKeys(ECCurve.NamedCurves.nistP256, HashAlgorithmName.SHA256);
        Assert.Contains("not the one of the certificate", SignFails(_keys.Pem, others.Key), StringComparison.Ordinal);
        Assert.Contains("a key on P-384 is needed", SignFails(p256.Pem, p256.Key), StringComparison.Ordinal);
        Assert.Contains("no PEM block CERTIFICATE", SignFails("nothing"u8.ToArray(), _keys.Key), StringComparison.Ordinal);
        Assert.Contains("cannot be read", SignFails("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"u8.ToArray(), _keys.Key), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_curve_with_keys_as_long_is_not_P384()
    {
        using var brainpool = new SigningKeys(ECCurve.NamedCurves.brainpoolP384r1, HashAlgorithmName.SHA384);
        Assert.Contains("a key on P-384 is needed", SignFails(brainpool.Pem, brainpool.Key), StringComparison.Ordinal);
        byte[] pcr0 = Read.Image(RawImage.Small().ToBytes()).Measurements.Pcr0.ToArray();
        Assert.Contains("not on the curve", Problem(Small(EifSignature.Encode(brainpool.Pem, pcr0, brainpool.Key))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_that_tools_read_differently_is_refused()
    {
        using SigningKeys others = SigningKeys.P384();
        string mine = Encoding.ASCII.GetString(_keys.Pem), other = Encoding.ASCII.GetString(others.Pem);
        string trailing = $"-----BEGIN CERTIFICATE-----\n{Convert.ToBase64String([.. _keys.Der, 0], Base64FormattingOptions.InsertLineBreaks)}\n-----END CERTIFICATE-----\n";
        (string Pem, string Reason)[] refused =
        [
            (other.Replace("CERTIFICATE-", "X509 CERTIFICATE-", StringComparison.Ordinal) + mine, "tools disagree"),
            (other.Replace("CERTIFICATE-", "TRUSTED CERTIFICATE-", StringComparison.Ordinal) + mine, "tools disagree"),
            (other.Replace("BEGIN CERTIFICATE-----\n", "BEGIN CERTIFICATE-----\nNote: a\n\n", StringComparison.Ordinal) + mine, "tools disagree"),
            (" " + mine + other, "tools disagree"),
            (mine.Replace("\n", "", StringComparison.Ordinal) + "\n" + other, "tools disagree"),
            (mine.Replace("-----END", "=-----END", StringComparison.Ordinal), "tools disagree"),
            (trailing, "bytes follow"),
            (_keys.Key.ExportECPrivateKeyPem() + "\n" + mine, "private key"),
        ];
        foreach ((string pem, string reason) in refused)
            Assert.Contains(reason, SignFails(Encoding.ASCII.GetBytes(pem), _keys.Key), StringComparison.Ordinal);

        foreach (string pem in (string[])[mine.Replace("\n", "\r\n", StringComparison.Ordinal), "Certificate:\n    Data:\n" + mine, mine + other])
        {
            using var output = new MemoryStream();
            EifSigner.Sign(EifPartSource.FromBytes("image", _unsigned), output, Encoding.ASCII.GetBytes(pem), _keys.Key);
            Assert.Equal(_keys.Der, Read.Image(output.ToArray()).Signature!.CertificateDer);
        }
    }

    [Fact]
    public void A_damaged_image_is_not_signed()
    {
        byte[] damaged = [.. _unsigned];
        damaged[^1] ^= 1;
        Assert.Contains("checksum", Assert.Throws<EifException>(() => _keys.Sign(damaged)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_flipped_bit_of_the_section_is_refused_or_means_the_same()
    {
        byte[] signed = _keys.Sign(RawImage.Small().ToBytes());
        EifImage original = Read.Image(signed);
        EifSection section = original.Sections[^1];
        int accepted = 0;
        for (long at = section.DataOffset; at < section.End; at++)
        {
            byte[] image = [.. signed];
            image[at] ^= (byte)(1 << (int)(at % 8));
            RawImage.FixCrc(image);
            try
            {
                EifImage read = Read.Image(image);
                if (!EifVerification.From(read).IsValid)
                    continue;
                // A certificate with the same key and other words: PCR8 tells. Or the same certificate in other white space.
                bool sameCertificate = read.Signature!.CertificateDer.AsSpan().SequenceEqual(_keys.Der);
                Assert.Equal(sameCertificate, original.Measurements.Pcr8!.Value.Span.SequenceEqual(read.Measurements.Pcr8!.Value.Span));
                accepted++;
            }
            catch (EifException)
            {
                // Refused.
            }
        }

        Assert.InRange(accepted, 0, section.Size / 2);
    }

    [Fact]
    public void Byte_strings_are_read_as_well_as_arrays()
    {
        byte[] pcr0 = Read.Image(RawImage.Small().ToBytes()).Measurements.Pcr0.ToArray();
        var reader = new CborReader(EifSignature.Encode(_keys.Pem, pcr0, _keys.Key));
        reader.ReadStartArray();
        reader.ReadStartMap();
        reader.ReadTextString();
        ReadIntegers(reader);
        reader.ReadTextString();
        byte[] cose = ReadIntegers(reader);
        var writer = new CborWriter();
        writer.WriteStartArray(null);
        writer.WriteStartMap(null);
        writer.WriteTextString("signature");
        writer.WriteByteString([0xd2, .. cose]);
        writer.WriteTextString("signing_certificate");
        writer.WriteByteString(_keys.Pem);
        writer.WriteEndMap();
        writer.WriteEndArray();
        Assert.True(EifVerification.From(Read.Image(Small(writer.Encode()))).IsValid);
    }

    [Theory]
    [InlineData("80")]
    [InlineData("a0")]
    [InlineData("81a0")]
    [InlineData("81a16973696e67")]
    [InlineData("9f")]
    [InlineData("81a2697369676e617475726580697369676e617475726580")]
    [InlineData("9bffffffffffffffff")]
    public void A_section_of_another_form_is_refused(string hex) =>
        Assert.Contains(
            "signature section",
            Assert.Throws<EifException>(() => Read.Image(Small(Convert.FromHexString(hex)))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void The_description_names_the_certificate()
    {
        using var description = JsonDocument.Parse(EifDescription.ToJson(Read.Image(_keys.Sign(_unsigned))));
        JsonElement root = description.RootElement;
        Assert.Equal(4, root.GetProperty("EifVersion").GetInt32());
        Assert.True(root.GetProperty("IsSigned").GetBoolean());
        Assert.True(root.GetProperty("CheckCRC").GetBoolean());
        Assert.True(root.GetProperty("SignatureCheck").GetBoolean());
        Assert.Equal("oracle", root.GetProperty("ImageName").GetString());
        JsonElement certificate = root.GetProperty("SigningCertificate");
        Assert.Equal(["IssuerName", "Algorithm", "NotBefore", "NotAfter", "Signature"], certificate.EnumerateObject().Select(static member => member.Name));
        Assert.Equal("""{"commonName":"image signer","organizationName":"Example"}""", JsonSerializer.Serialize(certificate.GetProperty("IssuerName")));
        Assert.Equal("ecdsa-with-SHA384", certificate.GetProperty("Algorithm").GetString());
        Assert.Equal("Jan  1 00:00:00 2026 GMT", certificate.GetProperty("NotBefore").GetString());
        Assert.Equal("Jan  1 00:00:00 2027 GMT", certificate.GetProperty("NotAfter").GetString());
        Assert.Matches("^30(:[0-9A-F]{2})+$", certificate.GetProperty("Signature").GetString()!);
        Assert.Equal("CN=image signer, O=Example", root.GetProperty("SigningSubject").GetString());
        Assert.Equal(6, root.GetProperty("Sections").GetArrayLength());
        Assert.Equal(0, root.GetProperty("Problems").GetArrayLength());
    }

    private static byte[] Small(byte[] signature)
    {
        RawImage raw = RawImage.Small();
        raw.Sections.Add((4, signature));
        return raw.ToBytes();
    }

    private static string Problem(byte[] image) => Assert.Single(EifVerification.From(Read.Image(image)).Problems);

    private static byte[] ReadIntegers(CborReader reader)
    {
        int count = reader.ReadStartArray()!.Value;
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
            bytes[i] = (byte)reader.ReadUInt32();
        reader.ReadEndArray();
        return bytes;
    }

    private string SignFails(byte[] pem, ECDsa key)
    {
        using var output = new MemoryStream();
        return Assert.Throws<EifException>(() => EifSigner.Sign(EifPartSource.FromBytes("image", _unsigned), output, pem, key)).Message;
    }
}
