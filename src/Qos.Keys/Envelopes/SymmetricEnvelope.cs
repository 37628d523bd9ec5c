using NSec.Cryptography;

namespace Qos.Keys;

/// <summary>
/// Borsh of { nonce: [u8;12], encrypted_message: Vec&lt;u8&gt; } under a key set's AES-256 key.
/// Format: docs/protocol/keys.md, Symmetric envelope.
/// </summary>
internal static class SymmetricEnvelope
{
    private static ReadOnlySpan<byte> AssociatedData => "qos_aes_gcm_256_hmac_sha512"u8;

    internal static byte[] Seal(Key key, ReadOnlySpan<byte> plaintext, IRandomSource random)
    {
        byte[] envelope = new byte[Aes256Gcm.NonceSize + Aes256Gcm.SealedSize(plaintext.Length)];
        Span<byte> nonce = envelope.AsSpan(0, Aes256Gcm.NonceSize);
        random.Fill(nonce);
        Aes256Gcm.Seal(key, nonce, plaintext, AssociatedData, envelope.AsSpan(Aes256Gcm.NonceSize));
        return envelope;
    }

    internal static SecretMemory Open(Key key, ReadOnlySpan<byte> envelope)
    {
        if (envelope.Length < Aes256Gcm.NonceSize)
            throw Aes256Gcm.DoesNotOpen();

        return Aes256Gcm.Open(key, envelope[..Aes256Gcm.NonceSize], envelope[Aes256Gcm.NonceSize..], AssociatedData);
    }
}
