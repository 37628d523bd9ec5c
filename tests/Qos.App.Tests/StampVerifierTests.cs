using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Qos.Fleet.Api;
using Qos.Runtime.Tests;

namespace Qos.App.Tests;

/// <summary>Stamps as the deployment API's own client makes them, and everything that is none. Format: docs/verifiable-data.md, Stamps.</summary>
public sealed class StampVerifierTests : IDisposable
{
    private const long Now = 1_763_760_000_000;
    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(5);

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ManualTime _time = new();
    private readonly StampVerifier _verifier;

    public StampVerifierTests()
    {
        _time.Advance(TimeSpan.FromMilliseconds(Now));
        _verifier = new StampVerifier(s_window, 3, _time);
    }

    [Fact]
    public void A_stamp_of_the_exact_body_names_its_key()
    {
        byte[] body = Body(Now);
        RequestStamp stamp = _verifier.Verify(ApiStamp.Make(body, _key), body);
        Assert.Equal(ApiStamp.PublicKeyOf(_key), stamp.PublicKey);
        Assert.Equal($"sha256:{Convert.ToHexStringLower(SHA256.HashData(body))}", stamp.Fingerprint);
        Assert.Equal(Now, stamp.Time.ToUnixTimeMilliseconds());

        // Keys whose y is even and odd, many of them, each read as the API's own reader reads it.
        for (int i = 0; i < 50; i++)
        {
            using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            Assert.Equal(ApiStamp.PublicKeyOf(key), _verifier.Verify(ApiStamp.Make(body, key), body).PublicKey);
        }
    }

    [Fact]
    public void Any_other_body_or_header_is_refused()
    {
        byte[] body = Body(Now);
        string header = ApiStamp.Make(body, _key);
        Assert.Equal(StampError.Missing, Refused(null, body));
        Assert.Equal(StampError.Missing, Refused("", body));
        Assert.Equal(StampError.BadSignature, Refused(header, [.. body, (byte)' ']));
        foreach (string damaged in (string[])["e30", "!", "\u00e4", header + "!", new string('A', 4000), Raw("[]"), Raw("{\"publicKey\":1}"),
            Edit(header, "publicKey", "publickey"), Edit(header, "TK_API", "TK_OTHER"), Edit(header, "\"publicKey\":\"0", "\"publicKey\":\"04"),
            Raw(Text(header) + " x"), Raw($"{Text(header)[..^1]},\"scheme\":\"{StampVerifier.Scheme}\"}}")])
            Assert.Equal(StampError.Malformed, Refused(damaged, body));

        // No point has this x.
        Assert.Equal(StampError.BadSignature, Refused(Raw($$"""{"publicKey":"02{{new string('f', 64)}}","signature":"3006020101020101","scheme":"{{StampVerifier.Scheme}}"}"""), body));
    }

    [Fact]
    public void A_signature_has_one_encoding_for_each_pair_of_numbers()
    {
        byte[] body = Body(Now);
        byte[] plain = _key.SignData(body, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        var s = new BigInteger(plain.AsSpan(32), isUnsigned: true, isBigEndian: true);
        byte[] der = _key.SignData(body, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        foreach (byte[] wrong in (byte[][])[[], [0x30], der[..^1], [.. der, 0], [0x31, .. der[1..]], [0x30, 0x81, .. der[1..]], [0x30, 6, 2, 1, 0, 2, 1, 0], [0x30, 6, 2, 1, 0xff, 2, 1, 1], plain])
            Assert.Equal(StampError.BadSignature, Refused(Stamp(wrong), body));
        Assert.True(s > 0);
        Assert.Equal(ApiStamp.PublicKeyOf(_key), _verifier.Verify(Stamp(der), body).PublicKey);

        string Stamp(byte[] signature) =>
            Raw($$"""{"publicKey":"{{ApiStamp.PublicKeyOf(_key)}}","signature":"{{Convert.ToHexString(signature)}}","scheme":"{{StampVerifier.Scheme}}"}""");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"timestampMs\":1763760000000}")]
    [InlineData("{\"timestampMs\":\"-1\"}")]
    [InlineData("{\"timestampMs\":\"1763760000000\",\"timestampMs\":\"1763760000000\"}")]
    [InlineData("{\"a\":{\"timestampMs\":\"1763760000000\"}}")]
    [InlineData("{\"timestampMs\":\"1763760000000\"")]
    public void A_body_without_one_time_is_refused(string text)
    {
        byte[] body = Encoding.UTF8.GetBytes(text);
        Assert.Equal(StampError.NoTime, Refused(ApiStamp.Make(body, _key), body));
    }

    [Fact]
    public void A_body_lives_as_long_as_the_window_either_way()
    {
        long window = (long)s_window.TotalMilliseconds;
        foreach ((long time, StampError? expected) in new (long, StampError?)[]
        {
            (Now - window, null), (Now + window, null), (Now - window - 1, StampError.Expired), (Now + window + 1, StampError.Expired), (0, StampError.Expired), (long.MaxValue, StampError.Expired),
        })
        {
            byte[] body = Body(time);
            StampError? error = null;
            try
            {
                _verifier.Verify(ApiStamp.Make(body, _key), body);
            }
            catch (StampException refused)
            {
                error = refused.Error;
            }

            Assert.Equal((time, expected), (time, error));
        }
    }

    [Fact]
    public void A_request_is_accepted_once_and_forgotten_when_it_has_expired()
    {
        RequestStamp first = Verified(Now), second = Verified(Now + 1), third = Verified(Now + 2), fourth = Verified(Now + 3);
        _verifier.Accept(first);
        Assert.Equal(StampError.Replayed, Assert.Throws<StampException>(() => _verifier.Accept(first)).Error);

        // Another key may stamp the same body: that is how two people approve one thing.
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] body = Body(Now);
        _verifier.Accept(_verifier.Verify(ApiStamp.Make(body, other), body));

        _verifier.Accept(second);
        Assert.Equal(StampError.TooMany, Assert.Throws<StampException>(() => _verifier.Accept(third)).Error);
        _time.Advance(s_window);
        Assert.Equal(StampError.Replayed, Assert.Throws<StampException>(() => _verifier.Accept(first)).Error);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(StampError.Expired, Assert.Throws<StampException>(() => _verifier.Accept(first)).Error);
        _verifier.Accept(third);
        _verifier.Accept(fourth);
    }

    public void Dispose() => _key.Dispose();

    private RequestStamp Verified(long time)
    {
        byte[] body = Body(time);
        return _verifier.Verify(ApiStamp.Make(body, _key), body);
    }

    private StampError Refused(string? header, byte[] body) => Assert.Throws<StampException>(() => _verifier.Verify(header, body)).Error;

    private static byte[] Body(long time) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"timestampMs\":\"{time}\",\"price\":1.5}}"));

    private static string Text(string header) => Encoding.UTF8.GetString(Base64Url.DecodeFromChars(header));

    private static string Raw(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    private static string Edit(string header, string from, string to) => Raw(Text(header).Replace(from, to, StringComparison.Ordinal));
}
