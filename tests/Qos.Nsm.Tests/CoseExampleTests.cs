using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text.Json;
using Qos.Native;
using Qos.Vectors;

namespace Qos.Nsm.Tests;

/// <summary>
/// The COSE working group's COSE_Sign1 examples: what they sign is what we say is signed, over header and payload as received, and their
/// signatures hold exactly where they should. Format: docs/protocol/nsm.md, Verification, step 3.
/// </summary>
public sealed class CoseExampleTests
{
    public static TheoryData<string, string> All => Examples(static _ => true);

    public static TheoryData<string, string> Sign1 => Examples(static input => input.TryGetProperty("sign0", out _));

    [Fact]
    public void There_are_17_of_which_13_have_one_signer() => Assert.Equal((17, 13), (All.Count, Sign1.Count));

    [Theory]
    [MemberData(nameof(Sign1))]
    public void What_is_signed_is_as_we_say(string folder, string file)
    {
        JsonElement input = Input(folder, file);
        JsonElement signer = input.GetProperty("sign0");
        (byte[] header, byte[] payload, byte[] signature) = Parts(folder, file);
        byte[] toBeSigned = SigStructure.Encode(header, payload);
        string expected = Load(folder, file).GetProperty("intermediates").GetProperty("ToBeSign_hex").GetString()!;

        // External data is no part of the protocol, nor is a protected header without an algorithm; and what was changed afterwards was not signed.
        bool isChanged = input.TryGetProperty("failures", out JsonElement failures)
            && failures.EnumerateObject().Any(static failure => failure.Name is not ("ChangeCBORTag" or "RemoveCBORTag"));
        bool isSame = !isChanged && !signer.TryGetProperty("external", out _);
        Assert.Equal(isSame, expected == Convert.ToHexString(toBeSigned));
        Assert.Equal(isSame, Verify(signer, toBeSigned, signature));
    }

    // Each has a key identifier in its unprotected header, or another algorithm, or several signers: none has a document's form.
    [Theory]
    [MemberData(nameof(All))]
    public void None_is_taken_for_a_document(string folder, string file)
    {
        byte[] message = Convert.FromHexString(Load(folder, file).GetProperty("output").GetProperty("cbor").GetString()!);
        AttestationError error = Assert.Throws<AttestationException>(() => AttestationDocument.Parse(message)).Error;
        bool isTagged18 = message[0] is 0xD2 or 0x84;
        Assert.Equal(isTagged18 ? AttestationError.InvalidHeader : AttestationError.InvalidCose, error);
    }

    private static TheoryData<string, string> Examples(Func<JsonElement, bool> takes)
    {
        var examples = new TheoryData<string, string>();
        foreach (string folder in (string[])["ecdsa-examples", "sign1-tests"])
        {
            IEnumerable<string> files = Directory.GetFiles(VectorFiles.PathOf("standard", "cose", folder)).Select(static path => Path.GetFileName(path));
            foreach (string file in files.Order(StringComparer.Ordinal).Where(file => takes(Input(folder, file))))
                examples.Add(folder, file);
        }

        return examples;
    }

    private static bool Verify(JsonElement signer, byte[] message, byte[] signature)
    {
        JsonElement key = signer.GetProperty("key");
        (ECCurve curve, HashAlgorithmName hash) = (key.GetProperty("crv").GetString(), signer.GetProperty("alg").GetString()) switch
        {
            ("P-256", "ES256") => (ECCurve.NamedCurves.nistP256, HashAlgorithmName.SHA256),
            ("P-256", "ES512") => (ECCurve.NamedCurves.nistP256, HashAlgorithmName.SHA512),
            ("P-384", "ES384") => (ECCurve.NamedCurves.nistP384, HashAlgorithmName.SHA384),
            ("P-521", "ES512") => (ECCurve.NamedCurves.nistP521, HashAlgorithmName.SHA512),
            (var otherCurve, var algorithm) => throw new InvalidDataException($"{otherCurve} with {algorithm} is not known here"),
        };
        byte[] x = Coordinate(key, "x");
        byte[] y = Coordinate(key, "y");
        using ECDsa framework = ECDsa.Create(new ECParameters { Curve = curve, Q = new ECPoint { X = x, Y = y } });
        bool holds = framework.VerifyData(message, signature, hash);
        if (hash == HashAlgorithmName.SHA384)
            Assert.Equal(holds, EcdsaCurve.P384.Verify([4, .. x, .. y], SHA384.HashData(message), signature));
        return holds;
    }

    private static byte[] Coordinate(JsonElement key, string name) => key.TryGetProperty(name + "_hex", out JsonElement hex)
        ? Convert.FromHexString(hex.GetString()!)
        : System.Buffers.Text.Base64Url.DecodeFromChars(key.GetProperty(name).GetString());

    private static (byte[] Header, byte[] Payload, byte[] Signature) Parts(string folder, string file)
    {
        var reader = new CborReader(Convert.FromHexString(Load(folder, file).GetProperty("output").GetProperty("cbor").GetString()!), CborConformanceMode.Lax);
        if (reader.PeekState() == CborReaderState.Tag)
            reader.ReadTag();
        reader.ReadStartArray();
        byte[] header = reader.ReadByteString();
        reader.SkipValue();
        return (header, reader.ReadByteString(), reader.ReadByteString());
    }

    private static JsonElement Input(string folder, string file) => Load(folder, file).GetProperty("input");

    private static JsonElement Load(string folder, string file) =>
        JsonDocument.Parse(VectorFiles.Bytes("standard", "cose", folder, file)).RootElement;
}
