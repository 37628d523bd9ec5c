using NSec.Cryptography;
using Qos.Native;
using Qos.Serialization;

namespace Qos.Keys;

/// <summary>
/// A master seed and the three secrets that HKDF-SHA512 derives from it: encryption scalar, signing scalar, AES-256 key. Safe for use
/// by several threads, also while one of them disposes of it. Format: docs/protocol/keys.md, Key set.
/// </summary>
public sealed class KeySet : IKeyPair
{
    /// <summary>Bytes of a master seed.</summary>
    public const int SeedSize = 32;

    private const int SecretSize = 32;

    // Seed, encryption scalar, signing scalar.
    private readonly SecretMemory _secrets;
    private readonly Key _aesKey;

    private KeySet(SecretMemory secrets)
    {
        _secrets = secrets;
        Span<byte> all = secrets.Span;
        Span<byte> seed = Seed(all);
        KeyDerivationAlgorithm.HkdfSha512.DeriveBytes(seed, "qos_p256_encrypt"u8, default, EncryptionScalar(all));
        KeyDerivationAlgorithm.HkdfSha512.DeriveBytes(seed, "qos_p256_sign"u8, default, SigningScalar(all));
        if (!P256.IsScalar(EncryptionScalar(all)) || !P256.IsScalar(SigningScalar(all)))
            throw new KeyException(KeyError.FailedToReadSecret);

        byte[] points = new byte[PublicKey.Size];
        P256.PublicPoint(EncryptionScalar(all), points.AsSpan(0, PublicKey.PointSize));
        P256.PublicPoint(SigningScalar(all), points.AsSpan(PublicKey.PointSize));
        PublicKey = new PublicKey(points);
        _aesKey = KeyDerivationAlgorithm.HkdfSha512.DeriveKey(seed, "qos_aes_gcm_encrypt"u8, default, AeadAlgorithm.Aes256Gcm);
    }

    /// <inheritdoc/>
    public PublicKey PublicKey { get; }

    /// <summary>A new key set from 32 random bytes.</summary>
    public static KeySet Generate(IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        using SecretMemory seed = SecretMemory.Allocate(SeedSize);
        random.Fill(seed.Span);
        return FromSeed(seed.Span);
    }

    /// <summary>The key set of a 32-byte master seed, which is copied.</summary>
    /// <exception cref="KeyException">The seed has another length, or (about once in 2^31 seeds) derives no valid scalar.</exception>
    public static KeySet FromSeed(ReadOnlySpan<byte> seed)
    {
        if (seed.Length != SeedSize)
            throw new KeyException(KeyError.MasterSeedInvalidLength);

        SecretMemory secrets = SecretMemory.Allocate(SeedSize + (2 * SecretSize));
        try
        {
            seed.CopyTo(secrets.Span);
            return new KeySet(secrets);
        }
        catch
        {
            secrets.Dispose();
            throw;
        }
    }

    /// <summary>The key set of a seed as key files hold it: 64 hex characters, with white space at the ends or without. Format: docs/protocol/keys.md, Key set.</summary>
    /// <exception cref="KeyException">It is something else; nothing of it is in the message.</exception>
    public static KeySet FromHex(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> digits = text.Trim(" \t\r\n\f\v"u8);
        if (digits.Length != 2 * SeedSize)
            throw new KeyException(KeyError.InvalidMasterSeed);

        using SecretMemory seed = SecretMemory.Allocate(SeedSize);
        try
        {
            Hex.DecodeSecret(digits, seed.Span);
        }
        catch (EncodingException)
        {
            throw new KeyException(KeyError.InvalidMasterSeed);
        }

        return FromSeed(seed.Span);
    }

    /// <summary>A copy of the master seed, for the caller to dispose of.</summary>
    public SecretMemory ExportSeed()
    {
        using SecretBorrow secrets = _secrets.Borrow();
        return SecretMemory.CopyOf(Seed(secrets.Span));
    }

    /// <summary>A further key of 32 bytes by HKDF-SHA512, for the caller to dispose of. Format: docs/protocol/keys.md, Derived keys.</summary>
    /// <param name="name">Says what the key is for: different names give keys that have nothing to do with each other.</param>
    public SecretMemory DeriveKey(ReadOnlySpan<byte> name)
    {
        using SecretBorrow secrets = _secrets.Borrow();
        SecretMemory key = SecretMemory.Allocate(SecretSize);
        KeyDerivationAlgorithm.HkdfSha512.DeriveBytes(Seed(secrets.Span), "qos_app_derived_key"u8, name, key.Span);
        return key;
    }

    /// <summary>A copy of the encryption scalar, which a token is given; for the caller to dispose of.</summary>
    internal SecretMemory ExportEncryptionScalar()
    {
        using SecretBorrow secrets = _secrets.Borrow();
        return SecretMemory.CopyOf(EncryptionScalar(secrets.Span));
    }

    /// <summary>A copy of the signing scalar, which a token is given; for the caller to dispose of.</summary>
    internal SecretMemory ExportSigningScalar()
    {
        using SecretBorrow secrets = _secrets.Borrow();
        return SecretMemory.CopyOf(SigningScalar(secrets.Span));
    }

    /// <inheritdoc/>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        using SecretBorrow secrets = _secrets.Borrow();
        Span<byte> digest = stackalloc byte[System.Security.Cryptography.SHA256.HashSizeInBytes];
        System.Security.Cryptography.SHA256.HashData(message, digest);

        byte[] signature = new byte[PublicKey.SignatureSize];
        P256.SignDigest(SigningScalar(secrets.Span), digest, signature);

        // With deterministic nonces one faulty signature beside a good one gives the key away, so a faulty one never leaves.
        if (!EcdsaCurve.P256.Verify(PublicKey.SigningPoint, digest, signature))
            throw new System.Security.Cryptography.CryptographicException("A signature just made does not verify: the machine is faulty.");
        return signature;
    }

    /// <inheritdoc/>
    public SecretMemory Decrypt(ReadOnlySpan<byte> envelope)
    {
        using SecretBorrow secrets = _secrets.Borrow();
        return PublicKeyEnvelope.Open(EncryptionScalar(secrets.Span), PublicKey.EncryptionPoint, envelope);
    }

    /// <summary>Encrypts data at rest under the set's AES key. Format: docs/protocol/keys.md, Symmetric envelope.</summary>
    /// <exception cref="KeyException">The plaintext is larger than 256 MiB.</exception>
    public byte[] EncryptSymmetric(ReadOnlySpan<byte> plaintext, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return SymmetricEnvelope.Seal(_aesKey, plaintext, random);
    }

    /// <summary>Opens a symmetric envelope; the caller disposes of the plaintext. Format: docs/protocol/keys.md, Symmetric envelope.</summary>
    /// <exception cref="KeyException">The envelope is malformed, damaged or under another key: always the same error.</exception>
    public SecretMemory DecryptSymmetric(ReadOnlySpan<byte> envelope)
    {
        return SymmetricEnvelope.Open(_aesKey, envelope);
    }

    /// <summary>Wipes the seed and all that is derived from it.</summary>
    public void Dispose()
    {
        _secrets.Dispose();
        _aesKey.Dispose();
    }

    /// <summary>Names the public key and nothing secret.</summary>
    public override string ToString() => $"key set {PublicKey.ToHex()}";

    private static Span<byte> Seed(Span<byte> secrets) => secrets[..SeedSize];

    private static Span<byte> EncryptionScalar(Span<byte> secrets) => secrets.Slice(SeedSize, SecretSize);

    private static Span<byte> SigningScalar(Span<byte> secrets) => secrets.Slice(SeedSize + SecretSize, SecretSize);
}
