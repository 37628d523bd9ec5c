using System.Buffers.Binary;
using System.Security.Cryptography;

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
    internal static void Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associated, Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)(plaintext.Length + TagSize));
        Span<byte> message = destination[sizeof(uint)..];

        using AesGcm cipher = new(key, TagSize);
        cipher.Encrypt(nonce, plaintext, message[..plaintext.Length], message[plaintext.Length..], associated);
    }

    /// <summary>Opens count, ciphertext and tag, which must be all that is left of the envelope.</summary>
    internal static SecretMemory Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> tail, ReadOnlySpan<byte> associated)
    {
        if (!TryReadTail(tail, out ReadOnlySpan<byte> ciphertext, out ReadOnlySpan<byte> tag))
            throw DoesNotOpen();

        SecretMemory plaintext = SecretMemory.Allocate(ciphertext.Length);
        try
        {
            using AesGcm cipher = new(key, TagSize);
            cipher.Decrypt(nonce, ciphertext, tag, plaintext.Span, associated);
            return plaintext;
        }
        catch (Exception failure)
        {
            plaintext.Dispose();
            if (failure is AuthenticationTagMismatchException)
                throw DoesNotOpen();
            throw;
        }
    }

    internal static KeyException DoesNotOpen() => new(KeyError.AesGcm256DecryptError);

    private static bool TryReadTail(ReadOnlySpan<byte> tail, out ReadOnlySpan<byte> ciphertext, out ReadOnlySpan<byte> tag)
    {
        ciphertext = tag = default;
        if (tail.Length is < sizeof(uint) + TagSize or > sizeof(uint) + MaxPlaintext + TagSize)
            return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(tail) != (uint)(tail.Length - sizeof(uint)))
            return false;

        ciphertext = tail[sizeof(uint)..^TagSize];
        tag = tail[^TagSize..];
        return true;
    }
}
