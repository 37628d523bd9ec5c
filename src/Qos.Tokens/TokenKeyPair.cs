using System.Security.Cryptography;
using Qos.Keys;
using static Qos.Tokens.LibPkcs11;

namespace Qos.Tokens;

/// <summary>
/// A key whose two private keys stay in a PKCS#11 token. Safe for use by several threads, which wait for one another.
/// Format: docs/protocol/keys.md, Key set.
/// </summary>
/// <remarks>
/// A token draws its nonces at random and not by RFC 6979, so that no signature can be reproduced; each verifies like any other. There is
/// no seed, and so no AES key: such a key signs and decrypts for an operator, and can never be a quorum key.
/// </remarks>
public sealed class TokenKeyPair : IKeyPair
{
    private readonly Lock _lock = new();
    private readonly TokenSession _session;
    private readonly nuint _encryptionKey;
    private readonly nuint _signingKey;
    private readonly bool _asksEachTime;

    // Kept only where the token wants it for each signature.
    private readonly SecretMemory? _pin;

    private TokenKeyPair(TokenSession session, TokenUri uri, SecretMemory? pin)
    {
        _session = session;
        PublicKey = ReadPublicKey(session, uri);
        _encryptionKey = PrivateKey(session, uri.EncryptionKey);
        _signingKey = PrivateKey(session, uri.SigningKey);
        _asksEachTime = session.Read(_signingKey, CKA_ALWAYS_AUTHENTICATE) is [not 0];
        if (_asksEachTime)
            _pin = pin;
        else
            pin?.Dispose();
    }

    /// <inheritdoc/>
    public PublicKey PublicKey { get; }

    /// <summary>Opens the key that a URI means and logs in to its token.</summary>
    /// <param name="uri">Where it is.</param>
    /// <param name="askPin">Asked for the PIN once, unless the token takes it itself; what it gives is disposed of here.</param>
    /// <exception cref="TokenException">Module, token or key are not there, are not as they should be, or the PIN is wrong.</exception>
    public static TokenKeyPair Open(TokenUri uri, Func<TokenPinRequest, SecretMemory> askPin)
    {
        ArgumentNullException.ThrowIfNull(uri);
        ArgumentNullException.ThrowIfNull(askPin);
        TokenSession session = TokenSession.Open(uri);
        SecretMemory? pin = null;
        try
        {
            // Before a PIN is asked for: whoever gives it sees first what is wrong with the URI.
            _ = ReadPublicKey(session, uri);
            pin = session.Login(askPin);
            return new TokenKeyPair(session, uri, pin);
        }
        catch
        {
            pin?.Dispose();
            session.Dispose();
            throw;
        }
    }

    /// <summary>The public key that a URI means, for which no PIN is needed.</summary>
    /// <exception cref="TokenException">Module, token or key are not there, or the key is on another curve.</exception>
    public static PublicKey ReadPublicKey(TokenUri uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        using TokenSession session = TokenSession.Open(uri);
        return ReadPublicKey(session, uri);
    }

    /// <inheritdoc/>
    /// <exception cref="TokenException">The token does not sign: it was removed, or nobody touched it.</exception>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(message, digest);
        byte[] signature;
        lock (_lock)
            signature = _session.Sign(_signingKey, digest, _asksEachTime ? () => _session.LoginForOperation(_pin) : null);
        return PublicKey.Verify(message, signature)
            ? signature
            : throw new TokenException("The token's signature does not verify under its public key: its private and public key do not belong together.");
    }

    /// <inheritdoc/>
    /// <exception cref="TokenException">The token does not agree on a key: it was removed, or nobody touched it.</exception>
    public SecretMemory Decrypt(ReadOnlySpan<byte> envelope)
    {
        // The token is given points of the curve alone: one from elsewhere could draw bits of the private key out of a careless one.
        if (!PublicKeyEnvelope.TryReadSender(envelope, out ReadOnlySpan<byte> sender))
            throw Aes256Gcm.DoesNotOpen();
        SecretMemory shared;
        lock (_lock)
            shared = _session.Agree(_encryptionKey, sender);
        using (shared)
            return PublicKeyEnvelope.OpenWithShared(shared.Span, PublicKey.EncryptionPoint, envelope);
    }

    /// <summary>Logs out and wipes the PIN.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _pin?.Dispose();
            _session.Dispose();
        }
    }

    /// <summary>Names the public key and nothing secret.</summary>
    public override string ToString() => $"token key {PublicKey.ToHex()}";

    private static PublicKey ReadPublicKey(TokenSession session, TokenUri uri)
    {
        byte[] encryption = Point(session, uri.EncryptionKey);
        byte[] signing = Point(session, uri.SigningKey);
        return PublicKey.Parse([.. encryption, .. signing]);
    }

    private static byte[] Point(TokenSession session, TokenObjectName name)
    {
        nuint handle = session.Find(CKO_PUBLIC_KEY, name)
            ?? throw new TokenException($"Token {session.Slot} has no public key {name}.");
        RequireCurve(session, handle, name);
        byte[] point = session.Read(handle, CKA_EC_POINT)
            ?? throw new TokenException($"Token {session.Slot} does not give the point of the public key {name}.");
        return EcObject.ReadPoint(point, name);
    }

    private static nuint PrivateKey(TokenSession session, TokenObjectName name)
    {
        nuint handle = session.Find(CKO_PRIVATE_KEY, name)
            ?? throw new TokenException($"Token {session.Slot} has no private key {name}.");
        return session.ReadNumber(handle, CKA_KEY_TYPE) == CKK_EC
            ? handle
            : throw new TokenException($"The private key {name} on token {session.Slot} is not an EC key; make one on P-256.");
    }

    private static void RequireCurve(TokenSession session, nuint handle, TokenObjectName name)
    {
        if (session.ReadNumber(handle, CKA_KEY_TYPE) != CKK_EC || session.Read(handle, CKA_EC_PARAMS) is not { } curve)
            throw new TokenException($"The key {name} on token {session.Slot} is not an EC key; make one on P-256.");
        if (!curve.AsSpan().SequenceEqual(EcObject.P256Parameters))
            throw new TokenException($"The key {name} on token {session.Slot} is on another curve; make one on P-256.");
    }
}
