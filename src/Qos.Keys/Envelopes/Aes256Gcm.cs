using System.Buffers.Binary;
using NSec.Cryptography;

namespace Qos.Keys;

/// <summary>
/// What both envelopes have in common: the Borsh tail <c>encrypted_message: Vec&lt;u8&gt;</c>, AES-256-GCM with the tag appended, and
/// one error for every envelope that does not open, so that a sender learns nothing from which check failed.
/// </summary>
internal static class Aes256Gcm
{
    internal const int KeySize = 32;
    internal const int NonceSize = 12;
    internal const int TagSize = 16;

    /// <summary>The most plaintext that one envelope holds; more than any message of the protocol.</summary>
    internal const int MaxPlaintext = 256 * 1024 * 1024;

    /// <summary>The bytes of <c>Vec&lt;u8&gt;</c> around a plaintext of this length: count and tag.</summary>
    internal static int SealedSize(int plaintextLength) => plaintextLength <= MaxPlaintext
        ? sizeof(uint) + plaintextLength + TagSize
        : throw new KeyException(KeyError.AesGcm256EncryptError);

    /// <summary>Writes count, ciphertext and tag over exactly <see cref="SealedSize"/> bytes.</summary>
    internal static void Seal(Key key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associated, Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)(plaintext.Length + TagSize));
        AeadAlgorithm.Aes256Gcm.Encrypt(key, nonce, associated, plaintext, destination[sizeof(uint)..]);
    }

    /// <summary>Opens count, ciphertext and tag, which must be all that is left of the envelope.</summary>
    internal static SecretMemory Open(Key key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> tail, ReadOnlySpan<byte> associated)
    {
        if (!TryReadTail(tail, out ReadOnlySpan<byte> ciphertext))
            throw DoesNotOpen();

        SecretMemory plaintext = SecretMemory.Allocate(ciphertext.Length - TagSize);
        try
        {
            return AeadAlgorithm.Aes256Gcm.Decrypt(key, nonce, associated, ciphertext, plaintext.Span) ? plaintext : throw DoesNotOpen();
        }
        catch
        {
            plaintext.Dispose();
            throw;
        }
    }

    /// <summary>A key in NSec's guarded memory, for the caller to dispose of; the caller still has to wipe the bytes.</summary>
    internal static Key KeyOf(ReadOnlySpan<byte> key) => Key.Import(AeadAlgorithm.Aes256Gcm, key, KeyBlobFormat.RawSymmetricKey);

    internal static KeyException DoesNotOpen() => new(KeyError.AesGcm256DecryptError);

    private static bool TryReadTail(ReadOnlySpan<byte> tail, out ReadOnlySpan<byte> ciphertext)
    {
        ciphertext = default;
        if (tail.Length is < sizeof(uint) + TagSize or > sizeof(uint) + MaxPlaintext + TagSize)
            return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(tail) != (uint)(tail.Length - sizeof(uint)))
            return false;

        ciphertext = tail[sizeof(uint)..];
        return true;
    }
}
