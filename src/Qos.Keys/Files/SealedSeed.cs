using System.Text;
using Qos.Native;

namespace Qos.Keys;

/// <summary>A seed sealed under a passphrase: XChaCha20-Poly1305 with the header as associated data, the key by Argon2id.</summary>
internal static unsafe class SealedSeed
{
    private const int TagSize = 16;
    private const int CipherKeySize = 32;

    /// <summary>Seed and tag.</summary>
    internal const int Size = KeySet.SeedSize + TagSize;

    internal static byte[] Seal(ProtectedKeyHeader header, ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> seed)
    {
        using SecretMemory key = CipherKey(header, passphrase);
        byte[] associated = Encoding.ASCII.GetBytes(header.ToText());
        byte[] output = new byte[Size];
        fixed (byte* to = output, from = seed, data = associated, nonce = header.Nonce, secret = key.Span)
        {
            _ = LibSodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
                to, null, from, (ulong)seed.Length, data, (ulong)associated.Length, null, nonce, secret);
        }

        return output;
    }

    internal static bool TryOpen(ProtectedKeyHeader header, ReadOnlySpan<byte> passphrase, ReadOnlySpan<byte> sealedSeed, Span<byte> seed)
    {
        using SecretMemory key = CipherKey(header, passphrase);
        byte[] associated = Encoding.ASCII.GetBytes(header.ToText());
        fixed (byte* to = seed, from = sealedSeed, data = associated, nonce = header.Nonce, secret = key.Span)
        {
            return sealedSeed.Length == Size && seed.Length == KeySet.SeedSize && LibSodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
                to, null, null, from, (ulong)sealedSeed.Length, data, (ulong)associated.Length, nonce, secret) == 0;
        }
    }

    private static SecretMemory CipherKey(ProtectedKeyHeader header, ReadOnlySpan<byte> passphrase)
    {
        // Allocating first also initialises libsodium.
        SecretMemory key = SecretMemory.Allocate(CipherKeySize);
        int outcome;
        fixed (byte* output = key.Span, secret = passphrase, salt = header.Salt)
        {
            outcome = LibSodium.crypto_pwhash(
                output, CipherKeySize, secret, (ulong)passphrase.Length, salt, (ulong)header.Operations, (nuint)header.MemoryKib * 1024, LibSodium.crypto_pwhash_ALG_ARGON2ID13);
        }

        if (outcome == 0)
            return key;

        key.Dispose();
        throw new InsufficientMemoryException($"The passphrase needs {header.MemoryKib / 1024} MiB of memory to be checked, which are not there.");
    }
}
