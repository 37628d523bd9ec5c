using System.Formats.Cbor;
using Qos.Verify;

namespace Qos.Nsm.Tests;

/// <summary>The document's limits, one after the other. Format: docs/protocol/nsm.md, Attestation document.</summary>
public sealed class DocumentTests
{
    private static readonly TestChain s_chain = TestChain.Default();

    private static readonly Dictionary<string, (Action<TestPayload> Change, AttestationError Error)> s_wrong = new()
    {
        ["module_id empty"] = (p => p.Set("module_id", w => w.WriteTextString("")), AttestationError.InvalidModuleId),
        ["module_id missing"] = (p => p.Remove("module_id"), AttestationError.InvalidModuleId),
        ["module_id too long"] = (p => p.Set("module_id", w => w.WriteTextString(new string('i', 257))), AttestationError.InvalidModuleId),
        ["module_id as bytes"] = (p => p.Set("module_id", w => w.WriteByteString([1])), AttestationError.InvalidPayload),
        ["digest SHA256"] = (p => p.Set("digest", w => w.WriteTextString("SHA256")), AttestationError.InvalidDigest),
        ["digest missing"] = (p => p.Remove("digest"), AttestationError.InvalidDigest),
        ["timestamp 0"] = (p => p.Set("timestamp", w => w.WriteInt32(0)), AttestationError.InvalidTimestamp),
        ["timestamp negative"] = (p => p.Set("timestamp", w => w.WriteInt32(-1)), AttestationError.InvalidPayload),
        ["timestamp beyond time"] = (p => p.Set("timestamp", w => w.WriteUInt64(ulong.MaxValue)), AttestationError.InvalidTimestamp),
        ["timestamp missing"] = (p => p.Remove("timestamp"), AttestationError.InvalidTimestamp),
        ["no PCR"] = (p => p.Set("pcrs", w => TestPayload.WritePcrs(w, 0)), AttestationError.InvalidPcrs),
        ["33 PCRs"] = (p => p.Set("pcrs", w => TestPayload.WritePcrs(w, 33)), AttestationError.InvalidPcrs),
        ["PCR32"] = (p => p.Set("pcrs", w => TestPayload.WritePcrs(w, 1, first: 32)), AttestationError.InvalidPcrs),
        ["PCR-1"] = (p => p.Set("pcrs", w => TestPayload.WritePcrs(w, 1, first: -1)), AttestationError.InvalidPcrs),
        ["a PCR of 47 bytes"] = (p => p.Set("pcrs", w => TestPayload.WritePcrs(w, 16, 47)), AttestationError.InvalidPcrs),
        ["an empty PCR"] = (p => p.Set("pcrs", w => TestPayload.WritePcrs(w, 16, 0)), AttestationError.InvalidPcrs),
        ["PCR0 twice"] = (p => p.Set("pcrs", WritePcr0Twice), AttestationError.InvalidPayload),
        ["PCR0 twice in two forms"] = (p => p.Set("pcrs", WritePcr0TwiceInTwoForms), AttestationError.InvalidPayload),
        ["pcrs missing"] = (p => p.Remove("pcrs"), AttestationError.InvalidPcrs),
        ["certificate empty"] = (p => p.Set("certificate", w => w.WriteByteString([])), AttestationError.InvalidCertificateSize),
        ["certificate of 1,025 bytes"] = (p => p.Set("certificate", w => w.WriteByteString(new byte[1025])), AttestationError.InvalidCertificateSize),
        ["certificate missing"] = (p => p.Remove("certificate"), AttestationError.InvalidCertificateSize),
        ["cabundle empty"] = (p => p.Set("cabundle", w => TestPayload.WriteBundle(w, [])), AttestationError.InvalidCaBundle),
        ["cabundle with nothing in it"] = (p => p.Set("cabundle", w => TestPayload.WriteBundle(w, [Array.Empty<byte>()])), AttestationError.InvalidCaBundle),
        ["cabundle with 1,025 bytes"] = (p => p.Set("cabundle", w => TestPayload.WriteBundle(w, [new byte[1025]])), AttestationError.InvalidCaBundle),
        ["cabundle missing"] = (p => p.Remove("cabundle"), AttestationError.InvalidCaBundle),
        ["public_key empty"] = (p => p.Set("public_key", w => w.WriteByteString([])), AttestationError.InvalidPublicKey),
        ["public_key of 1,025 bytes"] = (p => p.Set("public_key", w => w.WriteByteString(new byte[1025])), AttestationError.InvalidPublicKey),
        ["user_data of 1,025 bytes"] = (p => p.Set("user_data", w => w.WriteByteString(new byte[1025])), AttestationError.InvalidUserData),
        ["nonce of 1,025 bytes"] = (p => p.Set("nonce", w => w.WriteByteString(new byte[1025])), AttestationError.InvalidNonce),
        ["nonce undefined"] = (p => p.Set("nonce", w => w.WriteSimpleValue(CborSimpleValue.Undefined)), AttestationError.InvalidPayload),
        ["an unknown member"] = (p => p.Add("extra", w => w.WriteNull()), AttestationError.InvalidPayload),
        ["a member twice"] = (p => p.Add("nonce", w => w.WriteNull()), AttestationError.InvalidPayload),
    };

    public static TheoryData<string> Wrong => [.. s_wrong.Keys];

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_document_beyond_its_limits_is_refused(string what)
    {
        (Action<TestPayload> change, AttestationError error) = s_wrong[what];
        var refused = Assert.Throws<AttestationException>(() => AttestationDocument.Parse(s_chain.Document(change)));
        Assert.True(refused.Error == error, $"{what}: {refused.Error}, {refused.Message}");
    }

    [Fact]
    public void A_member_that_is_not_known_is_read_only_to_be_reported()
    {
        byte[] document = s_chain.Document(p => p.Add("firmware", w => w.WriteTextString("7")));
        Assert.Equal(AttestationError.InvalidPayload, Assert.Throws<AttestationException>(() => AttestationDocument.Parse(document)).Error);
        AttestationDocument read = AttestationDocument.ParseWithUnknownMembers(document);
        Assert.Equal(["firmware"], read.UnknownMembers);
        Assert.Empty(AttestationDocument.ParseWithUnknownMembers(s_chain.Document()).UnknownMembers);
    }

    [Fact]
    public void At_its_limits_it_is_accepted()
    {
        Verify(s_chain.Document());
        Verify(s_chain.Document(p =>
        {
            p.Set("public_key", w => w.WriteByteString(new byte[1024]));
            p.Set("user_data", w => w.WriteByteString(new byte[1024]));
            p.Set("nonce", w => w.WriteByteString(new byte[1024]));
            p.Set("pcrs", w => TestPayload.WritePcrs(w, 32, 64));
        }));
        Verify(s_chain.Document(p =>
        {
            p.Set("public_key", w => w.WriteByteString(new byte[1]));
            p.Set("user_data", w => w.WriteByteString([]));
            p.Remove("nonce");
            p.Set("pcrs", w => TestPayload.WritePcrs(w, 1, 32, 31));
        }));
    }

    [Theory]
    [InlineData("a1013822", true)]
    [InlineData("bf013822ff", true)]
    [InlineData("a1013823", false)]
    [InlineData("a10126", false)]
    [InlineData("a1013821", false)]
    [InlineData("a10338 22", false)]
    [InlineData("a0", false)]
    [InlineData("", false)]
    [InlineData("a2013822044130", false)]
    [InlineData("a201382201 3822", false)]
    [InlineData("a10138 2200", false)]
    [InlineData("a101 65 4553333834", false)]
    public void Only_ES384_is_an_algorithm(string header, bool accepted)
    {
        byte[] document = s_chain.Sign(new TestPayload(s_chain).Encode(), Convert.FromHexString(header.Replace(" ", "", StringComparison.Ordinal)));
        if (accepted)
            Verify(document);
        else
            Assert.Equal(AttestationError.InvalidHeader, Assert.Throws<AttestationException>(() => AttestationDocument.Parse(document)).Error);
    }

    [Fact]
    public void The_outer_form_is_one_COSE_Sign1()
    {
        byte[] document = s_chain.Document();
        Verify([0xD2, .. document]);
        Verify([0x9F, .. document.AsSpan(1), 0xFF]);

        byte[][] refused =
        [
            [0xD1, .. document], [0xD2, 0xD2, .. document], [0xD8, 98, .. document], [.. document, 0], [0x85, .. document.AsSpan(1), 0xF6],
            [0x83, .. document.AsSpan(1)], [.. document.AsSpan(0, 6), 0xA1, 0x04, 0x41, 0x30, .. document.AsSpan(7)],
            [.. document.AsSpan(0, document.Length - 98), 0x40], [.. document.AsSpan(0, document.Length - 98), 0x58, 95, .. new byte[95]],
            new byte[12289], [],
        ];
        Assert.All(refused, bytes => Assert.Throws<AttestationException>(() => AttestationDocument.Parse(bytes)));
    }

    [Fact]
    public void Lengths_may_be_definite_or_not()
    {
        // The payload's map, a key and a value in pieces, the PCRs' map and the bundle, all of indefinite length.
        Verify(s_chain.Sign(Indefinite(s_chain)));
    }

    [Theory]
    [InlineData("bytes behind the payload")]
    [InlineData("a payload cut short")]
    [InlineData("a payload that is no map")]
    [InlineData("a member twice, once in pieces")]
    [InlineData("a map without its end")]
    public void A_payload_of_another_form_is_refused(string what)
    {
        byte[] payload = new TestPayload(s_chain).Encode();
        byte[] other = what switch
        {
            "bytes behind the payload" => [.. payload, 0],
            "a payload cut short" => payload[..^1],
            "a payload that is no map" => [0x81, .. payload],
            "a member twice, once in pieces" => [(byte)(payload[0] + 1), .. payload.AsSpan(1), 0x7F, 0x62, (byte)'n', (byte)'o', 0x63, (byte)'n', (byte)'c', (byte)'e', 0xFF, 0xF6],
            _ => [0xBF, .. payload.AsSpan(1)],
        };
        Assert.Equal(AttestationError.InvalidPayload, Assert.Throws<AttestationException>(() => AttestationDocument.Parse(s_chain.Sign(other))).Error);
    }

    [Fact]
    public void A_mirrored_signature_is_one_of_the_same_document_and_numbers_out_of_range_are_none()
    {
        byte[] document = s_chain.Document();
        var order = System.Numerics.BigInteger.Parse(
            "0FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973",
            System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture);
        var s = new System.Numerics.BigInteger(document.AsSpan(document.Length - 48), isUnsigned: true, isBigEndian: true);
        Verify(WithS(document, order - s));
        foreach (System.Numerics.BigInteger wrong in (System.Numerics.BigInteger[])[0, order, order - s - 1, s + 1])
        {
            Assert.Equal(
                AttestationError.InvalidSignature, Assert.Throws<AttestationException>(() => Verify(WithS(document, wrong))).Error);
        }

        byte[] swapped = [.. document.AsSpan(0, document.Length - 96), .. document.AsSpan(document.Length - 48), .. document.AsSpan(document.Length - 96, 48)];
        Assert.Equal(AttestationError.InvalidSignature, Assert.Throws<AttestationException>(() => Verify(swapped)).Error);
    }

    [Fact]
    public void Mutated_documents_never_verify_and_never_do_more_than_be_refused()
    {
        const int Seed = 99;
        var random = new Random(Seed);
        byte[] document = s_chain.Document();
        var verifier = new AttestationExaminer(s_chain.Root, new IntermediateCache());
        verifier.Verify(AttestationDocument.Parse(document), TestChain.Time);
        for (int i = 0; i < 800; i++)
        {
            byte[] mutated = Mutation.Of(document, random);
            if (mutated.AsSpan().SequenceEqual(document))
                continue;
            try
            {
                verifier.Verify(AttestationDocument.Parse(mutated), TestChain.Time);
                Assert.Fail($"seed {Seed}: {Convert.ToHexString(mutated)} verifies");
            }
            catch (AttestationException)
            {
            }
        }
    }

    private static byte[] WithS(byte[] document, System.Numerics.BigInteger s)
    {
        byte[] changed = [.. document];
        changed.AsSpan(document.Length - 48).Clear();
        byte[] number = s.ToByteArray(isUnsigned: true, isBigEndian: true);
        number.CopyTo(changed.AsSpan(document.Length - number.Length));
        return changed;
    }

    private static byte[] Indefinite(TestChain chain)
    {
        var writer = new CborWriter(CborConformanceMode.Lax);
        writer.WriteStartMap(null);
        foreach ((string name, Action<CborWriter> write) in new TestPayload(chain).Members)
        {
            writer.WriteStartIndefiniteLengthTextString();
            writer.WriteTextString(name[..1]);
            writer.WriteTextString(name[1..]);
            writer.WriteEndIndefiniteLengthTextString();
            if (name == "pcrs")
            {
                writer.WriteStartMap(null);
                writer.WriteInt32(0);
                writer.WriteStartIndefiniteLengthByteString();
                writer.WriteByteString(new byte[40]);
                writer.WriteByteString(new byte[8]);
                writer.WriteEndIndefiniteLengthByteString();
                writer.WriteEndMap();
            }
            else if (name == "cabundle")
            {
                writer.WriteStartArray(null);
                foreach (ReadOnlyMemory<byte> certificate in chain.Bundle)
                    writer.WriteByteString(certificate.Span);
                writer.WriteEndArray();
            }
            else
                write(writer);
        }

        writer.WriteEndMap();
        return writer.Encode();
    }

    private static void Verify(byte[] document) =>
        new AttestationVerifier(s_chain.Root).Verify(AttestationDocument.Parse(document), TestChain.Time);

    private static void WritePcr0Twice(CborWriter writer)
    {
        writer.WriteStartMap(2);
        for (int i = 0; i < 2; i++)
        {
            writer.WriteInt32(0);
            writer.WriteByteString(new byte[48]);
        }

        writer.WriteEndMap();
    }

    private static void WritePcr0TwiceInTwoForms(CborWriter writer)
    {
        writer.WriteStartMap(2);
        writer.WriteInt32(0);
        writer.WriteByteString(new byte[48]);
        writer.WriteEncodedValue(new byte[] { 0x18, 0x00 });
        writer.WriteByteString(new byte[48]);
        writer.WriteEndMap();
    }
}
