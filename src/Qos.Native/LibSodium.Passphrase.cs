using System.Runtime.InteropServices;

namespace Qos.Native;

internal static partial class LibSodium
{
    internal const int crypto_pwhash_ALG_ARGON2ID13 = 2;

    /// <summary>Argon2id; 0 on success, -1 when the memory cannot be had.</summary>
    [LibraryImport(Library)]
    internal static unsafe partial int crypto_pwhash(
        byte* output, ulong outputLength, byte* passphrase, ulong passphraseLength, byte* salt, ulong operations, nuint memoryBytes, int algorithm);

    /// <summary>XChaCha20-Poly1305, the tag after the ciphertext.</summary>
    [LibraryImport(Library)]
    internal static unsafe partial int crypto_aead_xchacha20poly1305_ietf_encrypt(
        byte* ciphertext, ulong* ciphertextLength, byte* message, ulong messageLength, byte* associated, ulong associatedLength, byte* unused, byte* nonce, byte* key);

    /// <summary>0 when the tag holds, else -1.</summary>
    [LibraryImport(Library)]
    internal static unsafe partial int crypto_aead_xchacha20poly1305_ietf_decrypt(
        byte* message, ulong* messageLength, byte* unused, byte* ciphertext, ulong ciphertextLength, byte* associated, ulong associatedLength, byte* nonce, byte* key);
}
