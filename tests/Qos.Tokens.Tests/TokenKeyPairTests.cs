using System.Security.Cryptography;
using Qos.Keys;
using Qos.Protocol;
using static Qos.Tokens.LibPkcs11;

namespace Qos.Tokens.Tests;

[Collection(SoftHsmCollection.Name)]
public sealed class TokenKeyPairTests(SoftHsm softHsm)
{
    private static readonly byte[] s_seed = [.. Enumerable.Range(1, KeySet.SeedSize).Select(static i => (byte)i)];

    [TokenFact]
    public void A_known_seeds_key_on_a_token_signs_and_decrypts_for_its_public_key()
    {
        using KeySet seed = KeySet.FromSeed(s_seed);
        TokenUri uri = TokenUri.Parse(softHsm.NewToken());
        Assert.Equal(seed.PublicKey, TokenKeyMaker.Import(uri, seed, SoftHsm.RightPin, SystemRandomSource.Instance));
        Assert.Equal(seed.PublicKey, TokenKeyPair.ReadPublicKey(uri));

        using TokenKeyPair token = TokenKeyPair.Open(uri, SoftHsm.RightPin);
        Assert.Equal(seed.PublicKey, token.PublicKey);
        Assert.True(seed.PublicKey.Verify("report"u8, token.Sign("report"u8)));
        using SecretMemory plaintext = token.Decrypt(seed.PublicKey.Encrypt("a share"u8, SystemRandomSource.Instance));
        Assert.Equal("a share"u8.ToArray(), plaintext.Span.ToArray());
        Assert.DoesNotContain(SoftHsm.Pin, token.ToString(), StringComparison.Ordinal);
    }

    [TokenFact]
    public void A_key_made_on_the_token_signs_decrypts_and_is_never_replaced()
    {
        TokenUri uri = TokenUri.Parse(softHsm.NewToken());
        PublicKey made = TokenKeyMaker.Generate(uri, SoftHsm.RightPin, SystemRandomSource.Instance);
        using (TokenKeyPair token = TokenKeyPair.Open(uri, SoftHsm.RightPin))
        {
            Assert.Equal(made, token.PublicKey);
            Assert.True(made.Verify("x"u8, token.Sign("x"u8)));
            using SecretMemory plaintext = token.Decrypt(made.Encrypt("y"u8, SystemRandomSource.Instance));
            Assert.Equal("y"u8.ToArray(), plaintext.Span.ToArray());
        }

        TokenException refused = Assert.Throws<TokenException>(() => TokenKeyMaker.Generate(uri, SoftHsm.RightPin, SystemRandomSource.Instance));
        Assert.Contains("already", refused.Message, StringComparison.Ordinal);
        Assert.Equal(made, TokenKeyPair.ReadPublicKey(uri));
    }

    [TokenFact]
    public void Neither_secret_can_be_read_from_the_token()
    {
        TokenUri uri = TokenUri.Parse(softHsm.NewToken());
        _ = TokenKeyMaker.Generate(uri, SoftHsm.RightPin, SystemRandomSource.Instance);
        using TokenSession session = TokenSession.Open(uri);
        using SecretMemory? pin = session.Login(SoftHsm.RightPin);
        foreach (TokenObjectName name in new[] { uri.EncryptionKey, uri.SigningKey })
            Assert.Null(session.Read(session.Find(CKO_PRIVATE_KEY, name)!.Value, CKA_VALUE));
    }

    // A raw point 04 3F ... looks like an OCTET STRING of the same length to a module that takes both; SoftHSM2 2.6.1 is not misled.
    [TokenFact]
    public void An_envelope_whose_senders_point_looks_like_der_opens()
    {
        using KeySet seed = KeySet.FromSeed(s_seed);
        TokenUri uri = TokenUri.Parse(softHsm.NewToken());
        _ = TokenKeyMaker.Import(uri, seed, SoftHsm.RightPin, SystemRandomSource.Instance);
        byte[] envelope;
        do
            envelope = seed.PublicKey.Encrypt("a share"u8, SystemRandomSource.Instance);
        while (envelope[13] != 0x3F);

        using TokenKeyPair token = TokenKeyPair.Open(uri, SoftHsm.RightPin);
        using SecretMemory plaintext = token.Decrypt(envelope);
        Assert.Equal("a share"u8.ToArray(), plaintext.Span.ToArray());
    }

    [TokenFact]
    public void An_envelope_that_is_damaged_short_or_for_another_key_does_not_open_and_always_says_the_same()
    {
        TokenUri uri = TokenUri.Parse(softHsm.NewToken());
        PublicKey key = TokenKeyMaker.Generate(uri, SoftHsm.RightPin, SystemRandomSource.Instance);
        using TokenKeyPair token = TokenKeyPair.Open(uri, SoftHsm.RightPin);
        using KeySet other = KeySet.FromSeed(s_seed);
        byte[] envelope = key.Encrypt("a share"u8, SystemRandomSource.Instance);
        var bad = new List<byte[]> { Array.Empty<byte>(), envelope[..76], other.PublicKey.Encrypt("a share"u8, SystemRandomSource.Instance) };
        foreach (int at in new[] { 0, 12, 13, 76, 80, envelope.Length - 1 })
        {
            byte[] damaged = [.. envelope];
            damaged[at] ^= 1;
            bad.Add(damaged);
        }

        foreach (byte[] one in bad)
            Assert.Equal(KeyError.AesGcm256DecryptError, Assert.Throws<KeyException>(() => token.Decrypt(one)).Error);
    }

    [TokenFact]
    public void An_approval_signed_by_the_token_is_accepted()
    {
        TokenUri uri = TokenUri.Parse(softHsm.NewToken());
        _ = TokenKeyMaker.Generate(uri, SoftHsm.RightPin, SystemRandomSource.Instance);
        using TokenKeyPair token = TokenKeyPair.Open(uri, SoftHsm.RightPin);
        var members = new MemberSet(1, [new QuorumMember("alice", token.PublicKey.Memory)]);
        var manifest = new Manifest
        {
            Version = ManifestVersion.V2,
            Namespace = new ManifestNamespace("tokens", 1, token.PublicKey.Memory),
            Pivot = new PivotConfig { Hash = new byte[32], Restart = RestartPolicy.Never, BridgeConfig = [], Args = [] },
            ManifestSet = members,
            ShareSet = members,
            Enclave = new EnclaveConfig
            {
                Pcr0 = new byte[48],
                Pcr1 = new byte[48],
                Pcr2 = new byte[48],
                Pcr3 = new byte[48],
                AwsRootCertificate = new byte[1],
                QosCommit = "test",
            },
        };
        Approval approval = Client.ManifestApproval.Sign(manifest, "alice", token);
        ApprovalChecks.CheckManifestApprovals(new ManifestEnvelope(manifest, [approval], []));
    }

    [TokenFact]
    public void A_key_that_wants_the_pin_for_each_signature_gets_it_each_time()
    {
        using KeySet seed = KeySet.FromSeed(s_seed);
        TokenUri uri = TokenUri.Parse(softHsm.NewToken());
        _ = TokenKeyMaker.Import(uri, seed, SoftHsm.RightPin, SystemRandomSource.Instance);
        using (TokenSession session = TokenSession.Open(uri, isWriter: true))
        using (SecretMemory? pin = session.Login(SoftHsm.RightPin))
        using (SecretMemory scalar = seed.ExportSigningScalar())
        {
            session.Destroy(session.Find(CKO_PRIVATE_KEY, uri.SigningKey)!.Value);
            _ = session.Create(
                new TokenTemplate().Number(CKA_CLASS, CKO_PRIVATE_KEY).Number(CKA_KEY_TYPE, CKK_EC).Flag(CKA_TOKEN, true).Flag(CKA_PRIVATE, true)
                    .Flag(CKA_SIGN, true).Flag(CKA_ALWAYS_AUTHENTICATE, true).Bytes(CKA_EC_PARAMS, EcObject.P256Parameters)
                    .Secret(CKA_VALUE, scalar).Name(uri.SigningKey),
                "a test");
        }

        int asked = 0;
        using TokenKeyPair token = TokenKeyPair.Open(uri, request =>
        {
            asked++;
            return SoftHsm.RightPin(request);
        });
        Assert.True(seed.PublicKey.Verify("one"u8, token.Sign("one"u8)));
        Assert.True(seed.PublicKey.Verify("two"u8, token.Sign("two"u8)));
        Assert.Equal(1, asked);
    }

    [TokenFact]
    public void A_wrong_pin_is_one_line_that_tells_of_the_tries()
    {
        TokenUri uri = TokenUri.Parse(softHsm.NewToken());
        _ = TokenKeyMaker.Generate(uri, SoftHsm.RightPin, SystemRandomSource.Instance);
        string message = Assert.Throws<TokenException>(() => TokenKeyPair.Open(uri, SoftHsm.Giving("999999"))).Message;
        Assert.Contains("is wrong", message, StringComparison.Ordinal);
        Assert.Contains("tries", message, StringComparison.Ordinal);
        Assert.DoesNotContain("999999", message, StringComparison.Ordinal);

        // The token remembers, and the next who is asked hears of it.
        TokenPinRequest? request = null;
        using TokenKeyPair token = TokenKeyPair.Open(uri, asked =>
        {
            request = asked;
            return SoftHsm.RightPin(asked);
        });
        Assert.True(request!.HadWrongPin);
    }

    [TokenFact]
    public void A_missing_key_is_named_before_a_pin_is_asked_for()
    {
        TokenUri uri = TokenUri.Parse(softHsm.NewToken());
        string message = Assert.Throws<TokenException>(() => TokenKeyPair.Open(uri, _ => throw new InvalidOperationException("asked"))).Message;
        Assert.Contains("no public key labelled 'alice.encrypt'", message, StringComparison.Ordinal);
        Assert.Contains(
            "names no key",
            Assert.Throws<TokenException>(() => TokenKeyPair.ReadPublicKey(TokenUri.Parse(softHsm.NewToken(key: "")))).Message,
            StringComparison.Ordinal);
    }

    [TokenFact]
    public void A_key_of_another_curve_is_refused()
    {
        TokenUri uri = TokenUri.Parse(softHsm.NewToken());
        using (TokenSession session = TokenSession.Open(uri, isWriter: true))
        using (SecretMemory? pin = session.Login(SoftHsm.RightPin))
        {
            ReadOnlySpan<byte> p384 = [0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22];
            _ = session.Generate(
                new TokenTemplate().Flag(CKA_TOKEN, true).Bytes(CKA_EC_PARAMS, p384).Name(uri.EncryptionKey),
                new TokenTemplate().Flag(CKA_TOKEN, true).Flag(CKA_DERIVE, true).Name(uri.EncryptionKey));
        }

        Assert.Contains("another curve", Assert.Throws<TokenException>(() => TokenKeyPair.Open(uri, SoftHsm.RightPin)).Message, StringComparison.Ordinal);
    }

    [TokenFact]
    public void A_public_key_that_is_not_the_private_ones_is_found_out_when_signing()
    {
        using KeySet seed = KeySet.FromSeed(s_seed);
        TokenUri uri = TokenUri.Parse(softHsm.NewToken());
        _ = TokenKeyMaker.Generate(uri, SoftHsm.RightPin, SystemRandomSource.Instance);
        using (TokenSession session = TokenSession.Open(uri, isWriter: true))
        using (SecretMemory? pin = session.Login(SoftHsm.RightPin))
        {
            session.Destroy(session.Find(CKO_PUBLIC_KEY, uri.SigningKey)!.Value);
            _ = session.Create(
                new TokenTemplate().Number(CKA_CLASS, CKO_PUBLIC_KEY).Number(CKA_KEY_TYPE, CKK_EC).Flag(CKA_TOKEN, true).Flag(CKA_PRIVATE, false)
                    .Bytes(CKA_EC_PARAMS, EcObject.P256Parameters).Bytes(CKA_EC_POINT, EcObject.WritePoint(seed.PublicKey.SigningPoint)).Name(uri.SigningKey),
                "a test");
        }

        using TokenKeyPair token = TokenKeyPair.Open(uri, SoftHsm.RightPin);
        Assert.Contains("do not belong together", Assert.Throws<TokenException>(() => token.Sign("x"u8)).Message, StringComparison.Ordinal);
    }

    [TokenFact]
    public void Several_tokens_are_used_at_once_and_told_apart()
    {
        TokenUri first = TokenUri.Parse(softHsm.NewToken());
        TokenUri second = TokenUri.Parse(softHsm.NewToken());
        PublicKey one = TokenKeyMaker.Generate(first, SoftHsm.RightPin, SystemRandomSource.Instance);
        PublicKey two = TokenKeyMaker.Generate(second, SoftHsm.RightPin, SystemRandomSource.Instance);
        Assert.NotEqual(one, two);
        using TokenKeyPair a = TokenKeyPair.Open(first, SoftHsm.RightPin);
        using (TokenKeyPair again = TokenKeyPair.Open(first, SoftHsm.RightPin))
        using (TokenKeyPair b = TokenKeyPair.Open(second, SoftHsm.RightPin))
        {
            Assert.Equal((one, one, two), (a.PublicKey, again.PublicKey, b.PublicKey));
            Assert.True(two.Verify("x"u8, b.Sign("x"u8)));
        }

        // Those who left did not log out, or finalise, under the feet of the one who stays.
        Assert.True(one.Verify("x"u8, a.Sign("x"u8)));
    }

    [TokenFact]
    public void A_uri_that_means_several_tokens_or_none_says_which_there_are()
    {
        string name = "twins" + Convert.ToHexString(RandomNumberGenerator.GetBytes(4));
        TokenUri uri = TokenUri.Parse(softHsm.NewToken(name));
        _ = softHsm.NewToken(name);
        string several = Assert.Throws<TokenException>(() => TokenKeyPair.ReadPublicKey(uri)).Message;
        Assert.Contains("several tokens", several, StringComparison.Ordinal);
        Assert.Contains("serial", several, StringComparison.Ordinal);
        TokenUri none = TokenUri.Parse($"pkcs11:token=elsewhere;object=alice?module-path={SoftHsm.ModulePath}");
        Assert.Contains(name, Assert.Throws<TokenException>(() => TokenKeyPair.ReadPublicKey(none)).Message, StringComparison.Ordinal);
    }

    [TokenFact]
    public void A_token_that_goes_away_in_between_is_one_line()
    {
        TokenUri uri = TokenUri.Parse(softHsm.NewToken());
        PublicKey key = TokenKeyMaker.Generate(uri, SoftHsm.RightPin, SystemRandomSource.Instance);
        byte[] envelope = key.Encrypt("x"u8, SystemRandomSource.Instance);
        using TokenKeyPair token = TokenKeyPair.Open(uri, SoftHsm.RightPin);

        // What a removed token does to its sessions.
        using (TokenModule module = TokenModule.Open(uri.ModulePath))
            Assert.Equal(CKR_OK, module.Functions.C_CloseAllSessions(module.Find(uri).Id));
        Assert.Contains("went away", Assert.Throws<TokenException>(() => token.Sign("x"u8)).Message, StringComparison.Ordinal);
        Assert.Contains("went away", Assert.Throws<TokenException>(() => token.Decrypt(envelope)).Message, StringComparison.Ordinal);
    }

    [TokenFact]
    public void A_key_that_was_disposed_of_is_not_used_any_more()
    {
        TokenUri uri = TokenUri.Parse(softHsm.NewToken());
        _ = TokenKeyMaker.Generate(uri, SoftHsm.RightPin, SystemRandomSource.Instance);
        TokenKeyPair token = TokenKeyPair.Open(uri, SoftHsm.RightPin);
        token.Dispose();
        token.Dispose();
        Assert.Throws<ObjectDisposedException>(() => token.Sign("x"u8));
    }

    [TokenFact]
    public void Objects_with_names_of_their_own_are_found_by_id()
    {
        TokenUri uri = TokenUri.Parse(softHsm.NewToken(key: "") + "&encrypt-id=%03&sign-id=%02");
        PublicKey key = TokenKeyMaker.Generate(uri, SoftHsm.RightPin, SystemRandomSource.Instance);
        using TokenKeyPair token = TokenKeyPair.Open(uri, SoftHsm.RightPin);
        Assert.Equal(key, token.PublicKey);
        Assert.True(key.Verify("x"u8, token.Sign("x"u8)));
    }

    [Fact]
    public void A_module_that_is_not_there_or_none_is_one_line()
    {
        TokenUri missing = TokenUri.Parse("pkcs11:object=a?module-path=/nowhere/module.so");
        Assert.Equal("The token's module /nowhere/module.so is not there.", Assert.Throws<TokenException>(() => TokenKeyPair.ReadPublicKey(missing)).Message);
        TokenUri text = TokenUri.Parse("pkcs11:object=a?module-path=/etc/passwd");
        Assert.Contains("cannot be loaded", Assert.Throws<TokenException>(() => TokenKeyPair.ReadPublicKey(text)).Message, StringComparison.Ordinal);
        TokenUri other = TokenUri.Parse("pkcs11:object=a?module-path=" + OtherLibrary());
        Assert.Contains("not a PKCS#11 module", Assert.Throws<TokenException>(() => TokenKeyPair.ReadPublicKey(other)).Message, StringComparison.Ordinal);
    }

    // A library that is certainly there, as we use it ourselves.
    private static string OtherLibrary() => File.ReadLines("/proc/self/maps")
        .Select(static line => line[(line.IndexOf('/', StringComparison.Ordinal) is var at and >= 0 ? at : line.Length)..])
        .First(static path => path.Contains("/libc.so", StringComparison.Ordinal));
}
