using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Qos.Native;
using Qos.Vectors;

namespace Qos.Nsm.Tests;

/// <summary>Wycheproof's and COSE's signatures on P-384 with SHA-384.</summary>
public sealed class P384Tests
{
    [Theory]
    [InlineData("ecdsa_secp384r1_sha384_p1363_test.json", false, 280)]
    [InlineData("ecdsa_secp384r1_sha384_test.json", true, 504)]
    public void Wycheproof(string file, bool isDer, int count)
    {
        using JsonDocument vectors = JsonDocument.Parse(VectorFiles.Bytes("standard", file));
        int seen = 0;
        foreach (JsonElement group in vectors.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            byte[] point = Convert.FromHexString(group.GetProperty("publicKey").GetProperty("uncompressed").GetString()!);
            foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
            {
                byte[] digest = SHA384.HashData(Convert.FromHexString(test.GetProperty("msg").GetString()!));
                byte[] signature = Convert.FromHexString(test.GetProperty("sig").GetString()!);
                bool accepted = EcdsaCurve.P384.Verify(point, digest, isDer ? FromDer(signature) : signature);
                Assert.True(
                    accepted == (test.GetProperty("result").GetString() == "valid"),
                    $"{file}, test {test.GetProperty("tcId")}, {test.GetProperty("comment")}: accepted is {accepted}");
                seen++;
            }
        }

        Assert.Equal(count, seen);
    }

    [Fact]
    public void COSE_example_with_ES384()
    {
        using JsonDocument example = JsonDocument.Parse(VectorFiles.Bytes("standard", "cose", "ecdsa-examples", "ecdsa-sig-02.json"));
        JsonElement input = example.RootElement.GetProperty("input");
        JsonElement key = input.GetProperty("sign0").GetProperty("key");
        byte[] point = [4, .. FromBase64Url(key.GetProperty("x").GetString()!), .. FromBase64Url(key.GetProperty("y").GetString()!)];
        byte[] toBeSigned = SigStructure.Encode(
            [0xA1, 0x01, 0x38, 0x22], Encoding.UTF8.GetBytes(input.GetProperty("plaintext").GetString()!));
        Assert.Equal(
            example.RootElement.GetProperty("intermediates").GetProperty("ToBeSign_hex").GetString(), Convert.ToHexString(toBeSigned));

        byte[] message = Convert.FromHexString(example.RootElement.GetProperty("output").GetProperty("cbor").GetString()!);
        Assert.True(EcdsaCurve.P384.Verify(point, SHA384.HashData(toBeSigned), message.AsSpan(^96..)));
        message[^1] ^= 1;
        Assert.False(EcdsaCurve.P384.Verify(point, SHA384.HashData(toBeSigned), message.AsSpan(^96..)));
    }

    [Fact]
    public void A_point_that_is_none_is_refused()
    {
        byte[] digest = new byte[48];
        byte[] signature = new byte[96];
        signature[47] = signature[95] = 1;
        Assert.False(EcdsaCurve.P384.Verify(new byte[97], digest, signature));
        Assert.False(EcdsaCurve.P384.Verify([4, .. new byte[96]], digest, signature));
        Assert.False(EcdsaCurve.P384.Verify([0], digest, signature));
        Assert.False(EcdsaCurve.P384.Verify([], digest, signature));
    }

    private static byte[] FromDer(byte[] der)
    {
        try
        {
            return NitroCertificate.SignatureFromDer(der);
        }
        catch (AsnContentException)
        {
            return [];
        }
    }

    private static byte[] FromBase64Url(string text) => System.Buffers.Text.Base64Url.DecodeFromChars(text);
}
