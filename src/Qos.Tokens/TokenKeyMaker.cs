using Qos.Keys;
using static Qos.Tokens.LibPkcs11;

namespace Qos.Tokens;

/// <summary>Puts keys on tokens: made there, or brought there from a seed. Never over a key that is there already.</summary>
public static class TokenKeyMaker
{
    private const int IdSize = 8;

    /// <summary>Has the token make both key pairs; their secrets never leave it.</summary>
    /// <param name="uri">Which token, and what the key is to be called.</param>
    /// <param name="askPin">Asked for the user's PIN.</param>
    /// <param name="random">Draws the ids by which a token ties a pair together.</param>
    /// <exception cref="TokenException">A key of that name is there, or the token does not make keys.</exception>
    public static PublicKey Generate(TokenUri uri, Func<TokenPinRequest, SecretMemory> askPin, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Make(uri, askPin, (session, made) =>
        {
            foreach ((TokenObjectName name, bool signs) in Pairs(uri, random))
            {
                (nuint @public, nuint @private) = session.Generate(
                    PublicTemplate(name, signs).Bytes(CKA_EC_PARAMS, EcObject.P256Parameters), PrivateTemplate(name, signs));
                made.Add(@public);
                made.Add(@private);
            }
        });
        return TokenKeyPair.ReadPublicKey(uri);
    }

    /// <summary>Brings the two scalars of a seed to a token, where they can be used and not read.</summary>
    /// <param name="uri">Which token, and what the key is to be called.</param>
    /// <param name="key">Whose scalars; the seed itself does not go to the token.</param>
    /// <param name="askPin">Asked for the user's PIN.</param>
    /// <param name="random">Draws the ids by which a token ties a pair together.</param>
    /// <exception cref="TokenException">A key of that name is there, or the token takes no keys from outside.</exception>
    public static PublicKey Import(TokenUri uri, KeySet key, Func<TokenPinRequest, SecretMemory> askPin, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(random);
        Make(uri, askPin, (session, made) =>
        {
            foreach ((TokenObjectName name, bool signs) in Pairs(uri, random))
            {
                using SecretMemory scalar = signs ? key.ExportSigningScalar() : key.ExportEncryptionScalar();
                ReadOnlySpan<byte> point = signs ? key.PublicKey.SigningPoint : key.PublicKey.EncryptionPoint;
                made.Add(session.Create(
                    PrivateTemplate(name, signs)
                        .Number(CKA_CLASS, CKO_PRIVATE_KEY)
                        .Number(CKA_KEY_TYPE, CKK_EC)
                        .Bytes(CKA_EC_PARAMS, EcObject.P256Parameters)
                        .Secret(CKA_VALUE, scalar),
                    "taking a key from outside"));
                made.Add(session.Create(
                    PublicTemplate(name, signs)
                        .Number(CKA_CLASS, CKO_PUBLIC_KEY)
                        .Number(CKA_KEY_TYPE, CKK_EC)
                        .Bytes(CKA_EC_PARAMS, EcObject.P256Parameters)
                        .Bytes(CKA_EC_POINT, EcObject.WritePoint(point)),
                    "taking a key from outside"));
            }
        });

        PublicKey there = TokenKeyPair.ReadPublicKey(uri);
        return there.Equals(key.PublicKey)
            ? there
            : throw new TokenException("The token shows another public key than the one that was brought to it: do not use it.");
    }

    // All or nothing: half a key would stand in the way of the next attempt.
    private static void Make(TokenUri uri, Func<TokenPinRequest, SecretMemory> askPin, Action<TokenSession, List<nuint>> make)
    {
        ArgumentNullException.ThrowIfNull(uri);
        ArgumentNullException.ThrowIfNull(askPin);
        (TokenObjectName encryption, TokenObjectName signing) = (uri.EncryptionKey, uri.SigningKey);
        using TokenSession session = TokenSession.Open(uri, isWriter: true);
        using SecretMemory? pin = session.Login(askPin);
        foreach (TokenObjectName name in new[] { encryption, signing })
        {
            if (session.Find(CKO_PRIVATE_KEY, name) is not null || session.Find(CKO_PUBLIC_KEY, name) is not null)
                throw new TokenException($"Token {session.Slot} has a key {name} already, which is never replaced; choose another name.");
        }

        var made = new List<nuint>();
        try
        {
            make(session, made);
        }
        catch
        {
            foreach (nuint handle in made)
                session.Destroy(handle);
            throw;
        }
    }

    private static IEnumerable<(TokenObjectName Name, bool Signs)> Pairs(TokenUri uri, IRandomSource random) =>
        [(Complete(uri.EncryptionKey, random), false), (Complete(uri.SigningKey, random), true)];

    private static TokenObjectName Complete(TokenObjectName name, IRandomSource random)
    {
        if (name.Id is not null)
            return name;
        byte[] id = new byte[IdSize];
        random.Fill(id);
        return name with { Id = id };
    }

    private static TokenTemplate PublicTemplate(TokenObjectName name, bool signs) => new TokenTemplate()
        .Flag(CKA_TOKEN, true)
        .Flag(CKA_PRIVATE, false)
        .Flag(CKA_VERIFY, signs)
        .Name(name);

    private static TokenTemplate PrivateTemplate(TokenObjectName name, bool signs) => new TokenTemplate()
        .Flag(CKA_TOKEN, true)
        .Flag(CKA_PRIVATE, true)
        .Flag(CKA_SENSITIVE, true)
        .Flag(CKA_EXTRACTABLE, false)
        .Flag(CKA_SIGN, signs)
        .Flag(CKA_DERIVE, !signs)
        .Name(name);
}
